"""What a page of the desk may be made of: no script, no style of its own, no address outside its room."""

from html.parser import HTMLParser

# fmt: off
TAGS = frozenset({
    "html", "head", "meta", "title", "link", "body", "header", "nav", "main", "footer", "section", "div", "span",
    "a", "img", "p", "br", "strong", "h1", "h2", "h3", "dl", "dt", "dd", "ul", "li", "blockquote", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "progress", "form", "input", "button",
    "label", "select", "option", "fieldset", "legend", "svg", "desc", "defs", "pattern", "rect", "path", "circle",
    "text",
})
# fmt: on
ADDRESSES = frozenset({"href", "src", "action"})
EMPTY = frozenset({"meta", "link", "br", "input", "img"})


class Markup(HTMLParser):
    """Reads a page, and collects what should not be in it."""

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room
        self._open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "http-equiv"):
                self.wrong.append(f"{tag} {name}")
            if name in ADDRESSES and not (value or "").startswith((f"{self._room}/", "#main")):
                self.wrong.append(f"{tag} {name}={value}")
        if tag == "form" and dict(attributes).get("method") != "post":
            self.wrong.append("a form that is not posted")
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in EMPTY:
            return
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> where it does not belong")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"a comment: {data}")


def read(page: str, room: str) -> Markup:
    """The page, read to its end."""
    markup = Markup(room)
    markup.feed(page)
    markup.close()
    if markup._open:
        markup.wrong.append(f"left open: {markup._open}")
    return markup
