"""Ports on the loopback that nobody listens on."""

import socket

LOOPBACK = "127.0.0.1"
TRIED = 200


class NoPortError(Exception):
    """None of the ports tried was free."""


def free_port(first: int, *, but: int | None = None) -> int:
    """The first free port from `first` on, other than `but`; raises `NoPortError`."""
    for port in range(first, first + TRIED):
        if port != but and _is_free(port):
            return port
    raise NoPortError(f"no free port from {first} to {first + TRIED - 1} on {LOOPBACK}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the engine will: a port whose last connections are still fading is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
