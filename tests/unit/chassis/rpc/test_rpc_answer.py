"""What a servicer may answer with."""

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.rpc_answer import answer_bytes, encoded


def test_a_message_and_its_encoding_are_sent_alike() -> None:
    message = Duration(seconds=7)
    assert answer_bytes(Duration, message) == message.SerializeToString()
    assert answer_bytes(Duration, encoded(Duration, message.SerializeToString())) == message.SerializeToString()


@pytest.mark.parametrize("answer", [None, b"bytes", Timestamp(), encoded(Timestamp, b"")])
def test_anything_else_is_refused(answer: object) -> None:
    with pytest.raises(TypeError):
        answer_bytes(Duration, answer)
