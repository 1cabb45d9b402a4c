"""How much is measured: the full bench, or a quick one that shows that everything runs and no more."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`rounds` of each side; `quick` takes small rounds, whose figures are rough; `directory` is a row's own."""

    rounds: int
    quick: bool
    directory: Path

    def sized(self, full: int, quick: int) -> int:
        """The size of something in this bench."""
        return quick if self.quick else full
