"""Requests of every kind over many switches: none may fail, nor reach the old colour afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter

from benchmarks.figure import Figure, Scale, Section
from benchmarks.stand import daemon_at
from tests.docker.daemon import RunningDaemon
from tests.docker.load import Load

TITLE = "Requests lost over switches under load"
APP = "shop"
COMPOSE = """\
name: shop
services:
  web:
    image: bgd/demo-web:local
    environment: {{VERSION: {version}}}
    init: true
x-bgd:
  route: {{service: web, port: 8000, path: /}}
  health: {{path: /version}}
"""
BETWEEN_ANSWERS = 5
"""So many answers come between two switches: fewer than there are clients, so each has many moves."""


async def _switches(daemon: RunningDaemon, switches: int) -> Load:
    live = "green"
    async with Load(f"127.0.0.1:{daemon.http_port}", start=live) as load:
        await load.every_kind()
        for _ in range(switches):
            live = "blue" if live == "green" else "green"
            async with load.moves.to(live):
                await asyncio.to_thread(daemon.client.switch, APP, live)
            await load.more_answers(BETWEEN_ANSWERS)
        await load.every_kind()
    return load


def measure(scale: Scale) -> Section:
    """The demo's front in both colours, seven kinds of clients."""
    switches = scale.pick(500, 60)
    with daemon_at() as (daemon, place):
        file = place / "compose.yaml"
        for number, version in enumerate(("blue", "green")):
            file.write_text(COMPOSE.format(version=version))
            if number == 0:
                daemon.bgctl("add", str(file))
            daemon.bgctl("deploy", APP)
        load = asyncio.run(_switches(daemon, switches))
    report = load.report
    stale = Counter(attempt.kind for attempt in report.stale(load.moves))
    failed = Counter(attempt.kind for attempt in report.failures)
    done = Counter(attempt.kind for attempt in report.attempts)
    rows = [["kind of client", "requests", "failed", "old colour after return"]]
    rows += [
        [kind, str(number), str(failed[kind]), str(stale[kind])] for kind, number in sorted(done.items())
    ]
    requests = f"{len(report.attempts)} requests"
    lost = Figure(
        f"failed requests over {switches} switches under load",
        "0",
        str(len(report.failures)),
        requests,
        not report.failures,
        "; ".join(sorted({attempt.failure for attempt in report.failures})),
    )
    late = Figure(
        "new requests on the old colour after `switch` returned",
        "0",
        str(stale.total()),
        requests,
        not stale.total(),
    )
    notes = ["What other proxies lose under a lighter load is in the next section."]
    return Section("lost_requests", TITLE, [lost, late], rows, notes)
