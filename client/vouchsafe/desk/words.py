"""Leaves, times and spans in words, for people who read the desk's pages.

Only the leaf's own text is used, so that a kind this version does not know is still shown, field by field. Whether a
leaf is in the log is `log_copy`'s to say. Nothing here is trusted to be short or plain: templates escape it all.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.seal.leaf_lines import HEADER

Fields = Mapping[str, str]


@dataclass(frozen=True)
class LeafInWords:
    """A leaf as people read it: its kind, one sentence, and its lines as names and values."""

    kind: str
    sentence: str
    fields: tuple[tuple[str, str], ...]


def leaf_in_words(data: bytes) -> LeafInWords:
    """What a leaf says. A leaf that is malformed, or of a kind unknown here, is said to be so."""
    lines = printable(data.decode("utf-8", errors="replace")).rstrip("\n").split("\n")
    if not lines[0].startswith(HEADER):
        return LeafInWords("malformed", "This leaf is not written as leaves of this log are.", ())
    kind = lines[0].removeprefix(HEADER)
    fields = tuple((name, value) for name, _, value in (line.partition(" ") for line in lines[1:]))
    say = _SENTENCES.get(kind)
    try:
        sentence = say(dict(fields)) if say else f"A leaf of the kind “{kind}”, which this desk does not know."
    except (KeyError, ValueError):
        return LeafInWords(kind, "This leaf is malformed.", fields)
    return LeafInWords(kind, sentence, fields)


def moment(unix: int | str) -> str:
    """A time in UTC, to the minute. ValueError for what is no number."""
    seconds = int(unix)
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "beyond any calendar"


def span(seconds: int | str) -> str:
    """A length of time, in its two largest units: `3 d 4 h`."""
    left = int(seconds)
    parts = []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def until(unix: int, now: int) -> str:
    """How far off a time is, in words: `in 2 h`, `3 min ago`."""
    return f"in {span(unix - now)}" if unix > now else f"{span(now - unix)} ago"


def rounded(unix: int) -> int:
    """A time as leaves have it: rounded down to the hour."""
    return unix - unix % 3600


def short(hexadecimal: str) -> str:
    """The beginning of a long number, for a sentence; the whole stands in the fields."""
    return f"{hexadecimal[:10]}…" if len(hexadecimal) > 12 else hexadecimal


def printable(text: str) -> str:
    """A text in which nothing steers a reader: controls and bidirectional overrides are replaced."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def _word(value: str) -> str:
    return value.replace("-", " ")


def _asked(leaf: Fields) -> str:
    return (
        f"Case {short(leaf['case'])}: {_asker(leaf)} asked on {_basis(leaf['basis'])}; "
        f"an answer is due by {moment(leaf['due'])}."
    )


def _declined(leaf: Fields) -> str:
    return (
        f"Case {short(leaf['case'])}: {_asker(leaf)} asked for {_wanted(leaf['wants'])} on "
        f"{_basis(leaf['basis'])}, and was declined by rule."
    )


def _asker(leaf: Fields) -> str:
    return "police" if leaf["requester"] == "police" else _article(_word(leaf["requester"]))


def _wanted(wants: str) -> str:
    return {"name": "a name", "deletion": "a deletion"}.get(wants, wants)


def _basis(basis: str) -> str:
    return "no legal basis" if basis == "none" else f"the basis of {_article(_word(basis))}"


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _intent(leaf: Fields) -> str:
    told = "the subject is told at once"
    if leaf["gag-until"] != "0":
        told = f"the subject is told when the gag ends, {moment(leaf['gag-until'])}"
    elif leaf["waived"] == "1":
        told = "it does not wait for the subject, by an instrument"
    return (
        f"An alias is to be opened in case {short(leaf['case'])}, not before {span(leaf['delay'])} after the witnesses "
        f"saw this; {told}."
    )


def _result(leaf: Fields) -> str:
    outcomes = {
        "opened": "was carried through: the envelope was opened",
        "refused": "named nobody: identity refused",
        "expired": "ran out: nothing was opened",
    }
    outcome = leaf["outcome"]
    return f"Intent {short(leaf['intent-commitment'])} {outcomes.get(outcome, f'ended as “{outcome}”')}."


def _hold(leaf: Fields) -> str:
    if leaf["until"] == "0":
        return f"The legal hold of case {short(leaf['case'])} is released."
    return f"What case {short(leaf['case'])} is about may not be deleted until {moment(leaf['until'])}."


def _policy(leaf: Fields) -> str:
    return (
        f"Proposal {leaf['number']}: the policy becomes {leaf['approvals']} approvals of {leaf['distinct-roles']} "
        f"roles, a veto window of {span(leaf['veto-delay-seconds'])} and a notice of {span(leaf['notice-seconds'])}."
    )


def _label(leaf: Fields) -> str:
    return f"{leaf['label']}, epoch {leaf['epoch']}"


_SENTENCES: Mapping[str, Callable[[Fields], str]] = {
    "ceremony": lambda _: "The log begins: the public material that everything else is checked against.",
    "label-defined": lambda leaf: f"The label {_label(leaf)} means “{leaf['label-name']}”.",
    "issuer-key": lambda leaf: f"The one issuer key of {_label(leaf)}.",
    "label-activated": lambda leaf: (
        f"At least {leaf['crowd-at-least']} people hold a credential under {_label(leaf)}: it may be spoken under."
    ),
    "label-revoked": lambda leaf: f"{_label(leaf)} was stopped: {_word(leaf['reason'])}.",
    "ownership": lambda leaf: f"A person was registered ({short(leaf['commitment'])}, a salted hash).",
    "post-root": lambda leaf: f"All that was written on {leaf['day']}, under one root.",
    "case-asked": _asked,
    "case-declined": _declined,
    "case-ended": lambda leaf: f"Case {short(leaf['case'])} ended without an opening: {_word(leaf['outcome'])}.",
    "open-intent": _intent,
    "subject-notice": lambda leaf: f"The subject of intent {short(leaf['intent'])} is told.",
    "gag-extended": lambda leaf: f"The gag of intent {short(leaf['intent'])} lasts until {moment(leaf['until'])}.",
    "open-result": _result,
    "legal-hold": _hold,
    "approval-withdrawn": lambda leaf: (
        f"{leaf['officer']} took back what he approved ({short(leaf['approval'])}, a hash)."
    ),
    "opening-vetoed": lambda leaf: f"{leaf['officer']} vetoed intent {short(leaf['intent'])}: it will not be opened.",
    "lock-down": lambda leaf: f"{leaf['officer']} locked everything down (number {leaf['number']}).",
    "unlock": lambda leaf: f"Proposal to end lock-down {leaf['number']}; it ends when a quorum has endorsed this.",
    "officer-added": lambda leaf: (
        f"Proposal {leaf['number']}: {leaf['officer']} ({leaf['role']}, {leaf['organisation']}) becomes an officer."
    ),
    "officer-removed": lambda leaf: f"Proposal {leaf['number']}: {leaf['officer']} is an officer no more.",
    "policy-set": _policy,
    "endorsement": lambda leaf: f"{leaf['officer']} endorsed proposal {short(leaf['proposal'])}.",
}
"""What each kind says, of its fields."""
