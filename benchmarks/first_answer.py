"""How long after the request to switch the first visitor is answered by the new colour.

The same visitors, the same two colours behind: bgd over its socket, checks and journal included, and other
proxies, which check nothing and write nothing down.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figure import Figure, Scale, Section
from benchmarks.peers import PEERS, serving
from benchmarks.stand import stand
from benchmarks.stats import median, ms, percentile, ratio
from benchmarks.tools import Missing
from benchmarks.visitors import visitors

TITLE = "From the request to the first answer of the new colour"
RATE = 1000.0
PAUSE_S = 0.25
SETTLE_S = 1.0
MEDIAN_MS, P99_MS = 5.0, 30.0
QUIET_MS = 1.5
"""HAProxy's median on a machine of two cores that does nothing else: 0.5 ms."""

WHY = (
    "unlike the others bgd asks the new colour first, and flushes its intent to the disk: the probe and the"
    " journal are most of it"
)


@dataclass
class Run:
    """What the visitors of one proxy saw."""

    first: list[float]
    returned: list[float]
    stale: int
    failed: int
    requests: int

    def row(self, name: str) -> list[str]:
        """As a line of the table."""
        return [
            name,
            ms(median(self.first)),
            ms(percentile(self.first, 0.99)),
            ms(median(self.returned)),
            str(self.stale),
            str(self.failed),
            str(self.requests),
        ]


def observe(door: str, switch: Callable[[], str], switches: int) -> Run:
    """Switch again and again under load."""
    made: list[tuple[str, str, float, float, float]] = []
    with visitors(door, "bench", RATE) as watched:
        time.sleep(SETTLE_S)
        for _ in range(switches):
            begun = time.monotonic()
            to = switch()
            ended = time.monotonic()
            time.sleep(PAUSE_S)
            made.append((to, "blue" if to == "green" else "green", begun, ended, time.monotonic()))
    first = [watched.first(to, begun) for to, _, begun, _, _ in made]
    stale = sum(watched.stale(old, ended, until) for _, old, _, ended, until in made)
    returned = [(ended - begun) * 1000 for _, _, begun, ended, _ in made]
    report = watched.report
    return Run(first, returned, stale, len(report.failures), len(report.attempts))


def measure(scale: Scale) -> Section:
    """bgd, then each of the others that can be had."""
    switches = scale.pick(100, 20)
    notes = [
        f"{switches} switches each, {RATE:.0f} requests a second over 32 connections that are kept;"
        " one colour answers with as little as nginx can.",
        "“Old after return” counts requests that were sent after the command had returned and still"
        " reached the old colour. A reload and a watched file say nothing when they have worked,"
        " so their commands return before.",
    ]
    rows = [["", "first new, median", "p99", "command, median", "old after return", "failed", "requests"]]
    runs: dict[str, Run] = {}
    with stand() as place:
        fronts = {color: place.address(color) for color in ("blue", "green")}
        runs["bgd"] = observe(place.door, place.switch, switches)
        for kind in PEERS:
            try:
                with serving(kind, fronts) as peer:
                    runs[f"{kind.program}, {kind.means}"] = observe(peer.door, peer.switch, switches)
            except Missing as error:
                notes.append(f"Without {kind.program}: {error}.")
    rows += [run.row(name) for name, run in runs.items()]
    ours, plain = runs["bgd"], runs["nginx, reload"]
    middle, late = median(ours.first), percentile(ours.first, 0.99)
    beside = f"nginx reload {ms(median(plain.first))} ({ratio(middle, median(plain.first))})"
    aim = f"median under {MEDIAN_MS:g} ms, p99 under {P99_MS:g}"
    is_reached = middle < MEDIAN_MS and late < P99_MS
    busy = median(runs["haproxy, runtime map"].first) if "haproxy, runtime map" in runs else 0.0
    why = f"everything had to wait for a core: HAProxy alone took {ms(busy)}" if busy > QUIET_MS else WHY
    figure = Figure("first answer", aim, f"{ms(middle)}, p99 {ms(late)}", beside, is_reached, why)
    return Section("first_answer", TITLE, [figure], rows, notes)
