"""`/proc/net/tcp` and `/proc/net/tcp6`: which connections a network namespace has.

Source: the kernel's Documentation/networking/proc_net_tcp.rst; addresses are words in the byte order of
the machine, which is little-endian wherever Docker runs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ESTABLISHED, SYN_SENT = "01", "02"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Connection:
    """One that is open or opening. `inode` is the socket's, as `/proc/PID/fd` names it: `socket:[INODE]`."""

    local_port: int
    remote: Address
    inode: int


def connections(table: str) -> Iterator[Connection]:
    """All that are open, or opening.

    Not those that the other side has closed already (CLOSE_WAIT): it has nothing more to do for them.
    """
    for line in table.splitlines():
        fields = line.split()
        if len(fields) > 9 and fields[3] in (ESTABLISHED, SYN_SENT) and fields[0] != "sl":
            port = int(fields[1].partition(":")[2], 16)
            yield Connection(port, _address(fields[2].partition(":")[0]), int(fields[9]))


def connections_to(table: str, addresses: Iterable[str]) -> int:
    """How many connections to these addresses are open, or opening."""
    wanted = canonical(addresses)
    return sum(each.remote in wanted for each in connections(table))


def canonical(addresses: Iterable[str]) -> set[Address]:
    """Addresses as `connections` tells them."""
    return {_canonical(ipaddress.ip_address(address)) for address in addresses}


def _address(digits: str) -> Address:
    raw = bytes.fromhex(digits)
    words = (raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    return _canonical(ipaddress.ip_address(b"".join(words)))


def _canonical(address: Address) -> Address:
    """IPv4 in IPv6's clothes as IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
