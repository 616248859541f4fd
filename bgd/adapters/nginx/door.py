"""An address that is published on the host, and how this machine reaches it."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass

from bgd.errors import InvalidInput

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not listened on


@dataclass(frozen=True, slots=True)
class Door:
    """An IP address, without brackets, and a TCP port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Door:
        """`0.0.0.0:80`, `[::1]:8080`. Raises `InvalidInput`."""
        host, _, port = text.rpartition(":")
        try:
            address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
            door = cls(str(address), int(port))
        except ValueError:
            raise InvalidInput(f"{text!r} isn't ADDR:PORT with a numeric address") from None
        if not 1 <= door.port <= 65535:
            raise InvalidInput(f"the port of {text!r} isn't from 1 to 65535")
        return door

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> Door:
        """Where this machine reaches it: all addresses include the loopback's."""
        return Door(_ANY.get(self.host, self.host), self.port)

    def overlaps(self, other: Door) -> bool:
        """Whether two sockets can't listen on both."""
        hosts = {self.host, other.host}
        return self.port == other.port and (len(hosts) == 1 or bool(hosts & _ANY.keys()))

    def is_taken(self) -> bool:
        """Whether something listens there already. Blocks for a moment.

        Asked by listening: a look at the tables of sockets misses what other namespaces hold. Where this
        process may not (a low port as a user), or has no such address, the engine's answer has to do.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            # As Docker's proxy does: ports whose last connections are still in TIME_WAIT are free.
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((self.host, self.port))
                attempt.listen(1)
            except OSError as error:
                return error.errno == errno.EADDRINUSE
        return False


def is_loopback(network: str) -> bool:
    """Whether an address or a network is this machine's own."""
    return ipaddress.ip_network(network).is_loopback
