"""Which of the forum's events others may see: the root of each day, and nothing that was written."""

from typing import Final

from services.chassis.integration.bus import Curation
from vouchsafe.forum.events.v1 import post_roots_pb2 as pb

CURATION: Final = Curation("forum", {pb.PostsRooted.DESCRIPTOR.full_name: "PostsRooted.v1"})
