"""`python -m tests.replay.freeze`: a line in the corpus for each event type, or grown event, that has none yet.

And one for each version of a fold whose states are kept (`folds`).

It adds at the end and changes nothing that is there: if a line no longer holds, the code has to give way, not the line.
"""

import sys
from pathlib import Path

from google.protobuf.message import DecodeError

from services.chassis.log.codec import CodecError, EventCodec
from tests.replay import folds
from tests.replay.examples import NoExample, example
from tests.replay.fixtures import (
    CORPUS,
    SERVICES,
    Fixture,
    LineBroken,
    append,
    codec_of,
    in_json,
    read,
    unproven_types,
)


def freeze(codec: EventCodec, path: Path) -> list[Fixture]:
    """Append what the file lacks and return it; LineBroken, NoExample or CodecError, and the file is as it was."""
    fixtures = read(path)
    for number, fixture in enumerate(fixtures, start=1):
        if not _holds(codec, fixture):
            raise LineBroken(f"{path.name} line {number}, {fixture.type}: events as stored before are not read so now")
    new = [_fixture(codec, type_name) for type_name in unproven_types(codec, fixtures)]
    append(path, new)
    return new


def _holds(codec: EventCodec, fixture: Fixture) -> bool:
    try:
        return fixture.holds(codec)
    except (CodecError, DecodeError):
        return False


def _fixture(codec: EventCodec, type_name: str) -> Fixture:
    """The example of a type, in the stream that its module is named for."""
    if type_name not in codec.type_names:
        raise NoExample(f"{type_name} is no longer written, so its line has to come from when it was")
    event_class = codec.event_class(type_name)
    event = example(event_class)
    stream = event_class.__module__.rsplit(".", 1)[-1].removesuffix("_decider").removesuffix("_events")
    return Fixture(stream, type_name, in_json(event), codec.encode(event).data)


def main() -> int:
    """Freeze every service's events; 1 if one of them was refused."""
    refused = 0
    for service in SERVICES:
        try:
            new = freeze(codec_of(service), CORPUS / f"{service}.jsonl")
        except (LineBroken, NoExample, CodecError) as error:
            sys.stderr.write(f"{service}: nothing was written: {error}\n")
            refused = 1
            continue
        for fixture in new:
            sys.stdout.write(f"{service}: {fixture.type}\n")
    try:
        for fold in folds.freeze(folds.FILE):
            sys.stdout.write(f"{fold.service}: states of {fold.stream}, fold {fold.version}\n")
    except LineBroken as error:
        sys.stderr.write(f"nothing was written: {error}\n")
        refused = 1
    return refused


if __name__ == "__main__":
    sys.exit(main())
