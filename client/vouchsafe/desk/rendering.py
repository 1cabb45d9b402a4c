"""Turns a page's facts into HTML. Every value is escaped, whatever it is; templates hold no script and no style."""

import time
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from vouchsafe.desk import words
from vouchsafe.desk.forms import SESSION, TOKEN

ENVIRONMENT = web.AppKey("environment", Environment)


def environment() -> Environment:
    """The templates, strict: a name that nobody gave is an error, not an empty place."""
    made = Environment(
        loader=PackageLoader("vouchsafe.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        moment=words.moment, span=words.span, short=words.short, printable=words.printable, words=words.leaf_in_words
    )
    made.globals["until"] = words.until
    return made


def page(request: web.Request, template: str, *, status: int = 200, **facts: Any) -> web.Response:
    """A page of the desk. `facts` are what its template names, beside what all pages share (`layout.html`)."""
    session = request.app[SESSION]
    text = (
        request.app[ENVIRONMENT]
        .get_template(template)
        .render(
            room=f"/{session.room}",
            token_name=TOKEN,
            token=session.form_token,
            path=request.path,
            now=int(time.time()),
            **facts,
        )
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)
