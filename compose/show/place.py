"""Where the demo lives: one folder of the checkout, and one name on the engine."""

import hashlib
import os
import tempfile
from pathlib import Path

from compose.checkout import ROOT, STATE

INSTANCE = "bgd-demo"
"""Prefix and label of everything that the demo's daemon makes on the engine."""

FOLDER = STATE / "demo"
SHOP = FOLDER / "shop"
COMPOSE_FILE = SHOP / "compose.yaml"
ENV_FILE = SHOP / ".env"
DAEMON_STATE = FOLDER / "state"
DAEMON_LOG = FOLDER / "bgd.log"
DAEMON_PID_FILE = FOLDER / "bgd.pid"
RECEIPT = FOLDER / "receipt.json"

LONGEST_SOCKET_PATH = 100
"""The kernel takes 107 bytes, and the daemon needs a few for the name that it binds first."""


def socket_path() -> Path:
    """The daemon's socket: in the demo's folder, unless the checkout lies too deep for that."""
    path = FOLDER / "bgd.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH - 10:
        return path
    key = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"bgd-demo-{key}" / "bgd.sock"
