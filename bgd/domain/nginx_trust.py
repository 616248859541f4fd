"""Proxies in front of bgd's nginx, such as one that ends TLS: whose word about a client is taken.

Of anybody else the headers are worth nothing: a client could be any address, and an app could be told that
a request came encrypted.
"""

from __future__ import annotations

from collections.abc import Sequence

from bgd.domain.nginx_block import Lines, block

NOBODY = (
    *block('map "" $bgd_scheme', ["default $scheme;"]),
    *block("map $bgd_sent_port $bgd_port", ["default $bgd_sent_port;", '"" 80;']),
)


def trusting(proxies: Sequence[str]) -> Lines:
    """Lines that set the client's address, `$bgd_scheme` and `$bgd_port`, as these proxies tell them.

    `proxies` are addresses and networks. A proxy that says `https` and no port means 443.
    """
    if not proxies:
        return list(NOBODY)
    return [
        *(f"set_real_ip_from {proxy};" for proxy in proxies),
        "real_ip_header X-Forwarded-For;",
        "real_ip_recursive on;",
        *block("geo $realip_remote_addr $bgd_trusted", ['default "";', *(f"{each} t;" for each in proxies)]),
        *block(
            'map "$bgd_trusted$http_x_forwarded_proto" $bgd_scheme',
            ["default $scheme;", '"~*^t(https|wss)\\b" https;', '"~*^t(http|ws)\\b" http;'],
        ),
        *block(
            'map "$bgd_sent_port|$bgd_scheme|$bgd_trusted$http_x_forwarded_port" $bgd_port',
            [
                "default 80;",
                '"~\\|t([0-9]+)$" $1;',
                '"~^([0-9]+)\\|" $1;',
                '"~^\\|https\\|" 443;',
            ],
        ),
    ]
