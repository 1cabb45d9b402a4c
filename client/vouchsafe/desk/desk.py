"""What all pages of the desk work with: the officer, his key, his connections, his copy of the log, and what waits.

The key is used for what a draft shows, and by nothing else; it is never shown, and prints as hidden. What the platform
may be asked is the SDK's; what stands in force is folded from the log that was checked here, not asked of disclosure.
"""

from dataclasses import dataclass, field

from aiohttp import web

from services.seal.ed25519 import SigningKey
from services.seal.governance import Governance
from services.seal.trust import Trust
from vouchsafe.desk.drafts import Drafts
from vouchsafe.desk.log_copy import LogCopy
from vouchsafe.sdk.governance_side import GovernanceSide
from vouchsafe.sdk.officer_side import OfficerSide


@dataclass
class Desk:
    """One officer's desk."""

    officer: str
    key: SigningKey
    trust: Trust
    side: OfficerSide
    governance_side: GovernanceSide
    log: LogCopy
    drafts: Drafts = field(default_factory=Drafts)

    @property
    def governance(self) -> Governance:
        """Officers, policy, lock-down and vetoes, as this desk reads them in the log."""
        return self.log.governance


DESK = web.AppKey("desk", Desk)
