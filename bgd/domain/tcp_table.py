"""`/proc/net/tcp` and `/proc/net/tcp6`: which connections a network namespace has.

Source: the kernel's Documentation/networking/proc_net_tcp.rst; addresses are words in the byte order of
the machine, which is little-endian wherever Docker runs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

ESTABLISHED, SYN_SENT = "01", "02"


def connections_to(table: str, addresses: Iterable[str]) -> int:
    """How many connections to these addresses are open, or opening.

    Not those that the other side has closed already (CLOSE_WAIT): it has nothing more to do for them.
    """
    wanted = {_canonical(ipaddress.ip_address(address)) for address in addresses}
    found = 0
    for line in table.splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[3] in (ESTABLISHED, SYN_SENT) and fields[0] != "sl":
            found += _address(fields[2].partition(":")[0]) in wanted
    return found


def _address(digits: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    raw = bytes.fromhex(digits)
    words = (raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    return _canonical(ipaddress.ip_address(b"".join(words)))


def _canonical(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """IPv4 in IPv6's clothes as IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
