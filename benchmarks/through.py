"""What bgd's nginx costs a request, beside a bare nginx with `proxy_pass` in the same place.

The same image, user and network, a published port on both, one front behind both, and the same load in turn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Scale, Section, not_measured
from benchmarks.stand import IMAGE, Stand, stand
from benchmarks.stats import median, ms
from benchmarks.tools import Missing, tool
from benchmarks.wrk import CONNECTIONS, Load, load
from tests.docker.daemon import free_port

TITLE = "Requests through bgd's nginx"
THROUGHPUT, P99 = 0.97, 1.05
BARE = """\
worker_processes {workers};
pid /run/nginx.pid;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 100000;
    upstream front {{ server {front}; keepalive 64; }}
    server {{
        listen 8080;
        location / {{ proxy_pass http://front; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""
WHY = (
    "the front is the cheapest there is, so every microsecond shows. bgd's nginx looks at two files for each"
    " request (3 µs), has 24k for the head of an answer where nginx's own 4k end in a 502 for large cookies"
    " (3 µs), sends ten more headers, `Forwarded` and its kin (2 µs), and writes a line of its log. The bare"
    " one has as many workers, keeps its connections to the front too, and logs nothing"
)
WHY_P99 = (
    "wrk at full speed takes both cores, so that the slowest request is a matter of scheduling: over a day's"
    " runs on one machine this was between 0.5 and 1.6"
)


@contextmanager
def _bare(place: Stand, directory: Path) -> Iterator[str]:
    """A bare nginx beside bgd's: its door."""
    (edge,) = place.daemon.engine.networks.list(
        filters={"label": f"bgd.instance={place.daemon.instance}", "name": "zz-"}
    )
    config = directory / "bare.conf"
    config.write_text(
        BARE.format(workers=min(4, len(os.sched_getaffinity(0))), front=place.address(place.live))
    )
    config.chmod(0o644)
    directory.chmod(0o755)
    port = free_port()
    settings: dict[str, Any] = {
        "volumes": {str(config): {"bind": "/etc/nginx/nginx.conf", "mode": "ro"}},
        "ports": {"8080/tcp": ("127.0.0.1", port)},
        "labels": {"bgd.instance": place.daemon.instance},
        "network": edge.name,
        "init": False,
    }
    container = place.daemon.engine.containers.run(
        IMAGE, ["nginx", "-g", "daemon off;"], detach=True, **settings
    )
    try:
        yield f"127.0.0.1:{port}"
    finally:
        container.remove(force=True)


def measure(scale: Scale) -> Section:
    """In turn, in pairs: what disturbs the machine disturbs both."""
    rounds, seconds = scale.pick(12, 4), scale.pick(4, 2)
    aims = {"throughput": f"≥ {THROUGHPUT}", "p99": f"≤ {P99}"}
    try:
        wrk = tool("wrk")
    except Missing as error:
        return Section("through", TITLE, [not_measured(name, aim, f"{error}") for name, aim in aims.items()])
    doors: dict[str, list[Load]] = {"bare nginx": [], "bgd's nginx": []}
    with stand() as place, _bare(place, Path(place.daemon.home)) as bare:
        pairs = (("bare nginx", bare), ("bgd's nginx", place.door))
        for door in (bare, place.door):
            load(wrk, door, 1)
        for number in range(rounds):
            for name, door in pairs if number % 2 else reversed(pairs):
                doors[name].append(load(wrk, door, seconds))
    rows = [["", "requests a second", "p99"]]
    rows += [
        [name, f"{median([one.rate for one in seen]):.0f}", ms(median([one.p99_ms for one in seen]))]
        for name, seen in doors.items()
    ]
    both = list(zip(doors["bgd's nginx"], doors["bare nginx"], strict=True))
    rates, lates = [a.rate / b.rate for a, b in both], [a.p99_ms / b.p99_ms for a, b in both]
    figures = [
        Figure(
            "throughput through bgd's nginx",
            f"{aims['throughput']} of a bare nginx",
            f"{median(rates):.3f} ×",
            f"bare nginx: {rows[1][1]} a second",
            median(rates) >= THROUGHPUT,
            WHY,
        ),
        Figure(
            "p99 through bgd's nginx",
            f"{aims['p99']} of a bare nginx",
            f"{median(lates):.3f} ×",
            f"bare nginx: {rows[1][2]}",
            median(lates) <= P99,
            WHY_P99,
        ),
    ]
    notes = [
        f"{rounds} pairs of {seconds} s with wrk, {CONNECTIONS} connections. The figures are medians"
        " of the pairs' ratios."
    ]
    return Section("through", TITLE, figures, rows, notes)
