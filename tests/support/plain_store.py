"""The local platform's store without TLS, as a process: `python -m tests.support.plain_store PORT DIRECTORY`."""

import logging
import sys
from pathlib import Path

from deploy.local.store_process import new_server, serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    serve(new_server(int(sys.argv[1]), Path(sys.argv[2]), auth=False))
