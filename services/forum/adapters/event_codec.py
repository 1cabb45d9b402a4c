"""How the forum's events are stored: each dataclass and the protobuf message of the same fields."""

from services.chassis.log.codec import EventCodec
from services.forum.domain.alias import AliasCreated
from services.forum.domain.label import IssuerKeyAccepted, LabelOpened, LabelRevoked
from services.forum.domain.notices import AliasOpened, HoldPlaced, HoldReleased, OpeningAnnounced
from services.forum.domain.post_id import PostIdReserved
from services.forum.domain.post_root import DayClosed, PostsRooted
from services.forum.domain.text_commitment import TextCommitted
from services.forum.domain.thread import AuthorNamed, CommentPublished, PostPublished, ThreadOpened
from vouchsafe.forum.events.v1 import events_pb2 as pb
from vouchsafe.forum.events.v1 import notices_pb2 as notices_pb
from vouchsafe.forum.events.v1 import post_roots_pb2 as roots_pb


def event_codec() -> EventCodec:
    """The codec of every event that the forum has ever written."""
    return EventCodec(
        {
            IssuerKeyAccepted: pb.IssuerKeyAccepted,
            LabelOpened: pb.LabelOpened,
            LabelRevoked: pb.LabelRevoked,
            AliasCreated: pb.AliasCreated,
            PostIdReserved: pb.PostIdReserved,
            ThreadOpened: pb.ThreadOpened,
            AuthorNamed: pb.AuthorNamed,
            PostPublished: pb.PostPublished,
            CommentPublished: pb.CommentPublished,
            DayClosed: roots_pb.DayClosed,
            TextCommitted: roots_pb.TextCommitted,
            PostsRooted: roots_pb.PostsRooted,
            OpeningAnnounced: notices_pb.OpeningAnnounced,
            AliasOpened: notices_pb.AliasOpened,
            HoldPlaced: notices_pb.HoldPlaced,
            HoldReleased: notices_pb.HoldReleased,
        }
    )
