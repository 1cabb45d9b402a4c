"""The forum with a CreatePost that can be cut short, so that what a part of it costs is told by the next one's cost.

Everything before the cut is the forum's own. What is cut is answered with the last answer that was given in full, so
that all answers are of one size, whatever was done for them.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from services.forum.api.alias_side import Context
from services.forum.api.thread_servicer import ThreadServicer
from services.forum.domain.thread_decider import Command, CreatePost
from services.forum.wiring import Forum
from vouchsafe.forum.v1 import thread_service_pb2 as pb


class Part(StrEnum):
    """How far a post gets."""

    PIPELINE = "pipeline"
    """Through what every call passes, to a method that answers at once."""
    CHECKS = "checks"
    """Through the method, its signatures verified, up to the command that it would give."""
    WHOLE = "whole"


class ForumInParts(Forum):
    """The forum; from now on, `part` is what it does for a post."""

    part = Part.WHOLE

    def _thread_servicer(self) -> ThreadServicer:
        return _CutShort(
            lambda: self.part,
            aliases=self._aliases,
            labels=self._labels,
            threads=self._threads,
            tokens=self._tokens,
            grace=self._config.grace(),
            clock=self._coarse,
        )


class _CutShort(ThreadServicer):
    def __init__(self, part: Callable[[], Part], **parts: Any) -> None:
        super().__init__(**parts)
        self._part = part
        self._answer = "", b""

    async def CreatePost(self, request: pb.CreatePostRequest, context: Context) -> pb.CreatePostResponse:  # noqa: N802
        if self._part() is Part.PIPELINE:
            name, token = self._answer
            return pb.CreatePostResponse(author_name=name, consistency_token=token)
        return await super().CreatePost(request, context)

    async def _published(self, asked: Any, command: Command, **more: Any) -> tuple[str, bytes]:
        if self._part() is Part.CHECKS and isinstance(command, CreatePost):
            return self._answer
        self._answer = await super()._published(asked, command, **more)
        return self._answer
