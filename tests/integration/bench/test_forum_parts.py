"""The forum that is measured in parts: a post gets as far as it was told to, and no further."""

import pytest

from bench.forum_parts import Part
from bench.forum_rig import CallsFailed, ForumRig, forum_rig
from bench.serve_forum import MEMORY
from vouchsafe.forum.v1.thread_service_pb2 import CreatePostRequest


def changed(rig: ForumRig, request: bytes) -> bytes:
    """The same request for other words, signed by the same author."""
    asked, other = CreatePostRequest.FromString(request), CreatePostRequest.FromString(rig.requests(1)[0])
    other.request_id = asked.request_id
    return other.SerializeToString()


def forged(request: bytes) -> bytes:
    """The request with words that nobody signed."""
    asked = CreatePostRequest.FromString(request)
    asked.body += "!"
    return asked.SerializeToString()


async def test_a_post_gets_as_far_as_it_was_told_to(tmp_path):
    async with forum_rig(tmp_path, MEMORY, replica=True, parts=True) as rig:
        (request,) = rig.requests(1)

        await rig.stop_after(Part.PIPELINE)
        at_once = await rig.create([request, forged(request)])
        with pytest.raises(CallsFailed, match="breaks a rule"):
            await rig.create([b""])

        await rig.stop_after(Part.CHECKS)
        checked = await rig.create([request])
        with pytest.raises(CallsFailed, match="signature"):
            await rig.create([forged(request)])

        await rig.stop_after(Part.WHOLE)
        # Its id is still free: nothing was written so far. From here on it stands for the other words.
        whole = await rig.create([changed(rig, request)])
        with pytest.raises(CallsFailed, match="ALREADY_EXISTS"):
            await rig.create([request])
    assert at_once["largest"] == checked["largest"]
    assert abs(whole["largest"] - checked["largest"]) < 32  # another author's name
