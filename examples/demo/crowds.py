"""Which labels can open with the people of the input, told before anything runs.

Read from what verification on this machine is configured with: the registry of employers, how many people a label
needs, and how many candidates a credential. It is a forecast: who is refused later is missing from the crowd.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.configuration import lay_down
from examples.demo.authors import Author
from services.chassis import configfile
from services.verification.config import Config, load_organisations
from services.verification.domain.errors import DomainError
from services.verification.domain.organisation import Organisations


@dataclass(frozen=True)
class Crowds:
    """How many people a label needs before anybody can speak under it, and who may be under which.

    `candidates`: how many are made for each credential, of which all but one are opened.
    """

    minimum: int
    organisations: Organisations
    candidates: int

    @classmethod
    def configured(cls) -> "Crowds":
        """As a platform on this machine has it."""
        with TemporaryDirectory() as directory:
            lay_down(Path(directory))
            config = configfile.load(Path(directory, "verification", "service.toml"), Config)
            organisations = load_organisations(config.organisations)
            return cls(config.issuance.crowd_policy().minimum, organisations, config.challenges.in_force)

    def expected(self, authors: Iterable[Author]) -> Counter[str]:
        """How many authors there are under each label; authors with a mail domain that nobody owns count nowhere."""
        return Counter(label for author in authors if (label := self._label(author)))

    def _label(self, author: Author) -> str:
        try:
            return self.organisations.of_mail_domain(author.work_email.rpartition("@")[2]).id
        except DomainError:
            return ""
