"""placeholder docstring replaced below."""

from collections.abc import Callable

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from services.chassis.rpc_errors import Violation

Check = Callable[[Message], tuple[Violation, ...]]


def compile_message(d: Descriptor) -> Check:
    return lambda m: ()
