"""Which of the forum's events others may see: none leaves it yet."""

from typing import Final

from services.chassis.integration.bus import Curation

CURATION: Final = Curation("forum", {})
