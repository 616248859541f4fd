"""What it costs to know what traffic does: nginx writes a line for each request, the daemon reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figure import Figure, Scale, Section, not_measured
from benchmarks.machine import cpu_s
from benchmarks.stand import Stand, stand
from benchmarks.stats import median
from benchmarks.tools import Missing, tool
from benchmarks.wrk import load
from bgd.domain.nginx_layout import ACCESS_LOG, CONFIG, DIRECTORY, GATES
from tests.docker.daemon import free_port

TITLE = "What the figures of traffic cost"
NGINX_SHARE, DAEMON_SHARE = 0.03, 0.05
RATE = 5000
"""Requests a second, for which the daemon's share of a core is told."""
NGINX_USER = "101"


@contextmanager
def _silent(place: Stand, directory: Path) -> Iterator[tuple[str, int]]:
    """bgd's nginx once more, with the same configuration and gates but no log: its door, its master's pid."""
    engine = place.daemon.engine
    own = engine.containers.get(f"{place.daemon.instance}-proxy-nginx-1")
    (edge,) = own.attrs["NetworkSettings"]["Networks"]
    files = place.daemon.state_dir / "nginx"
    lines = (files / CONFIG).read_text().splitlines()
    config = directory / CONFIG
    config.write_text("\n".join(line for line in lines if ACCESS_LOG not in line))
    config.chmod(0o644)
    port = free_port()
    owner = f"uid={NGINX_USER},gid={NGINX_USER}"
    container = engine.containers.run(
        own.attrs["Config"]["Image"],
        ["nginx", "-e", "stderr", "-c", f"{DIRECTORY}/{CONFIG}", "-g", "daemon off;"],
        detach=True,
        entrypoint=[],
        user=f"{NGINX_USER}:{NGINX_USER}",
        volumes={
            str(config): {"bind": f"{DIRECTORY}/{CONFIG}", "mode": "ro"},
            str((files / GATES).resolve()): {"bind": f"{DIRECTORY}/{GATES}", "mode": "ro"},
        },
        tmpfs={"/run": owner, "/var/cache/nginx": owner},
        ports={"8080/tcp": ("127.0.0.1", port)},
        labels={"bgd.instance": place.daemon.instance},
        network=edge,
    )
    try:
        container.reload()
        yield f"127.0.0.1:{port}", container.attrs["State"]["Pid"]
    finally:
        container.remove(force=True)


def _of_workers(master: int) -> float:
    """Seconds of CPU that nginx's workers have used."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return sum(cpu_s(int(pid)) for pid in children)


def measure(scale: Scale) -> Section:
    """In turn, in pairs: what disturbs the machine disturbs both."""
    rounds, seconds = scale.pick(12, 4), scale.pick(4, 3)
    aims = {
        "nginx, for the log": f"< {NGINX_SHARE:.0%} CPU a request",
        f"daemon, at {RATE:,} requests a second": f"< {DAEMON_SHARE:.0%} of a core",
    }
    try:
        wrk = tool("wrk")
    except Missing as error:
        return Section("counting", TITLE, [not_measured(name, aim, f"{error}") for name, aim in aims.items()])
    with stand() as place, _silent(place, place.daemon.home) as (silent, silent_master):
        own = place.daemon.engine.containers.get(f"{place.daemon.instance}-proxy-nginx-1")
        daemon = int(place.client.daemon()["pid"])
        places = {"with": (place.door, own.attrs["State"]["Pid"]), "without": (silent, silent_master)}
        for door, _ in places.values():
            load(wrk, door, 1)
        spent: dict[str, list[float]] = {name: [] for name in places}
        rates: list[float] = []
        daemons: dict[str, list[float]] = {name: [] for name in places}
        for number in range(rounds):
            for name in sorted(places, reverse=bool(number % 2)):
                door, master = places[name]
                before, daemon_before, begun = _of_workers(master), cpu_s(daemon), time.monotonic()
                got = load(wrk, door, seconds)
                spent[name].append((_of_workers(master) - before) / got.requests)
                daemons[name].append((cpu_s(daemon) - daemon_before) / (time.monotonic() - begun))
                if name == "with":
                    rates.append(got.rate)
    costs = [a / b - 1 for a, b in zip(spent["with"], spent["without"], strict=True)]
    # What it does beside reading is taken off, and the rest brought to the rate that the aim is about.
    shares = [
        (busy - median(daemons["without"])) * RATE / rate
        for busy, rate in zip(daemons["with"], rates, strict=True)
    ]
    rows = [["", "CPU a request", "the daemon, of a core"]]
    rows += [
        [f"{name} the log", f"{median(spent[name]) * 1e6:.1f} µs", f"{median(daemons[name]):.2%}"]
        for name in places
    ]
    names = list(aims)
    figures = [
        Figure(
            names[0],
            aims[names[0]],
            f"{median(costs):.1%}",
            f"without the log: {median(spent['without']) * 1e6:.1f} µs",
            median(costs) < NGINX_SHARE,
        ),
        Figure(
            names[1],
            aims[names[1]],
            f"{median(shares):.1%}",
            f"measured at {median(rates):,.0f}",
            median(shares) < DAEMON_SHARE,
        ),
    ]
    notes = [
        f"{rounds} pairs of {seconds} s with wrk. CPU is that of nginx's workers, user and system, by the"
        " kernel's account in nanoseconds."
    ]
    return Section("counting", TITLE, figures, rows, notes)
