"""The one client library: what `bgctl` and the terminal UI know of the daemon.

It imports little, because `bgctl status` is a process of some 50 ms and most of them are imports.
"""

from bgd.client.client import Client
from bgd.client.connection import default_socket

__all__ = ["Client", "default_socket"]
