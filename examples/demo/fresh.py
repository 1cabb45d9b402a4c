"""A run directory, and databases, with nothing of an earlier run in them."""

import fcntl
import shutil
from pathlib import Path

from pymongo import AsyncMongoClient

from deploy.local import material
from deploy.local.layout import Layout
from deploy.local.stores import external_uri
from deploy.local.topology import CORE
from examples.demo.show import StoryError


async def make_fresh(path: Path) -> None:
    """Empty a run directory, and its databases; StoryError while a platform runs in it."""
    _empty(path)
    await _drop_databases(path)


def _empty(path: Path) -> None:
    lock = Layout(path).lock
    if lock.exists():
        with lock.open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StoryError(f"another demonstration runs in {path}") from error
            shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _drop_databases(path: Path) -> None:
    """In a deployment that was there before (MONGODB_URI) the run directory does not hold the data."""
    deployment = material.deployment_uri()
    if not deployment:
        return
    for service in CORE:
        uri = external_uri(deployment, service, path)
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(uri)
        async with client:
            await client.drop_database(client.get_default_database().name)
