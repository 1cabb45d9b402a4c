"""What a verified file about a post's provenance says, in words: link by link, and what each leaves open."""

from dataclasses import dataclass

from services.seal.leaves import NO_PARENT
from services.seal.provenance import Provenance, Verdict


@dataclass(frozen=True)
class Finding:
    """One link of a verified file: what was checked, what that proves, and what it does not."""

    checked: str
    proves: str
    leaves_open: str


def findings(provenance: Provenance, verdict: Verdict) -> tuple[Finding, ...]:
    """A verified file in words, link by link."""
    p = provenance
    found = [
        Finding(
            f"the label's meaning is leaf {verdict.definition.index} of the log",
            f'everybody is told the same: {p.label} means "{p.label_name}" in epoch {p.epoch}; {_wider(p)}',
            "whether the words are true of those to whom the issuer gives credentials",
        ),
        Finding(
            f"the issuer's key is leaf {verdict.issuer_key.index} of the log",
            f"everybody can see that this key was published for {p.label}, epoch {p.epoch}",
            "whether it is the only one, which `log verify` checks; whether the issuer vouches for employees only",
        ),
        Finding(
            f"the label's activation is leaf {verdict.activation.index} of the log",
            f"the issuer declared that {p.crowd_at_least} people or more hold a credential under it",
            "how many they are, and that the issuer counted truly",
        ),
        _about_revocation(provenance, verdict),
        Finding(
            "the issuer's signature on the credential (RSASSA-PSS)",
            "the issuer vouched for the holder of the alias key, without seeing it",
            "who that is: the file names nobody",
        ),
        Finding(
            "the alias key's signature on the thread's key (Ed25519)",
            "the holder of the alias key speaks in this thread with this key",
            "that nobody else was given the key",
        ),
        Finding(
            "the thread key's signature on the post (Ed25519)",
            "its holder wrote these very words; the platform could not have",
            "when, and whether they are true",
        ),
    ]
    return (*found, _about_day(provenance, verdict))


def _wider(p: Provenance) -> str:
    return "no label is wider" if p.parent == NO_PARENT else f"the wider label is {p.parent}"


def _about_revocation(p: Provenance, verdict: Verdict) -> Finding:
    if verdict.revocation is None:
        return Finding(
            "no revocation is in the file",
            f"nothing: the log may hold one, then or beyond the {verdict.log_size} leaves that the file knows",
            "whether the label was revoked; the log tells",
        )
    return Finding(
        f"the label's REVOCATION ({p.revoked}) is leaf {verdict.revocation.index} of the log",
        "the issuer's key of this epoch is not to be relied on from then on, at the least",
        "whether the credential was issued before the reason arose",
    )


def _about_day(p: Provenance, verdict: Verdict) -> Finding:
    if verdict.day is None:
        return Finding(
            "no daily root is in the file",
            "nothing: it was made before the post's day was over, or from a case",
            "when the post existed",
        )
    return Finding(
        f"the post is in the root of {p.day}, leaf {verdict.day.index} of the log, at place {p.day_index}",
        "it existed, word for word, when the witnesses signed; a quotation of the same leaf and place is from it",
        "that it did not exist long before",
    )
