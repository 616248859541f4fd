"""Lines a second that `bgctl logs -f` brings to a pipe, beside `docker logs -f` of the same container."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figure import Figure, Scale, Section, not_measured
from benchmarks.stand import daemon_at
from benchmarks.stats import median

TITLE = "Following logs"
AIM = 0.8
WHY = (
    "each line passes through two Python processes, which clean, frame and mark it: with the engine's own"
    " they want three cores"
)
APP = "chatty"
COMPOSE = """\
name: chatty
services:
  web:
    image: bgd/demo-web:local
    command: [python3, -u, /chatty.py]
    init: true
    environment: {{LINES: "{lines}"}}
    volumes: ["{script}:/chatty.py:ro"]
x-bgd:
  route: {{service: web, port: 8000}}
"""
SCRIPT = """\
import http.server, os, sys

out = open(1, "w", buffering=1 << 16)
for number in range(int(os.environ["LINES"])):
    out.write(f"{number:08d} GET /shop/basket/items?page=3 200 12ms 10.0.0.7 a line of a usual length\\n")
out.flush()


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", 8000), Quiet).serve_forever()
"""


def _rate(command: Sequence[str | Path], socket: Path, lines: int) -> float:
    """Read so many lines from a command that would go on, and end it; lines a second from its start on."""
    environment = {**os.environ, "BGD_SOCKET": str(socket)}
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        seen = 0
        while seen < lines:
            data = process.stdout.read(1 << 20)
            if not data:
                raise RuntimeError(f"{command[0]} ended after {seen} lines")
            seen += data.count(b"\n")
        took_s = time.perf_counter() - begun
        process.kill()
    return seen / took_s


def measure(scale: Scale) -> Section:
    """A container's log from its beginning, followed: in turn."""
    lines, rounds = scale.pick(300_000, 60_000), scale.pick(5, 3)
    docker = shutil.which("docker")
    aim = f"≥ {AIM} × docker logs -f"
    if docker is None:
        return Section(
            "log_lines", TITLE, [not_measured("lines a second", aim, "there is no docker CLI here")]
        )
    with daemon_at() as (daemon, place):
        script = place / "chatty.py"
        script.write_text(SCRIPT)
        script.chmod(0o644)
        file = place / "compose.yaml"
        file.write_text(COMPOSE.format(lines=lines, script=script))
        daemon.bgctl("add", str(file))
        daemon.bgctl("deploy", APP)
        (container,) = daemon.ids(APP, "blue")
        bgctl = Path(daemon.python).with_name("bgctl")
        commands: dict[str, list[str | Path]] = {
            "docker logs -f": [docker, "logs", "-f", container],
            "bgctl logs -f": [bgctl, "logs", APP, "-f"],
            "bgctl logs -f --json": [bgctl, "logs", APP, "-f", "--json"],
        }
        rates: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                rates[name].append(_rate(command, daemon.socket, lines))
    ours, beside = median(rates["bgctl logs -f"]), median(rates["docker logs -f"])
    rows = [["command", "lines a second", "ratio"]]
    rows += [[name, f"{median(each):,.0f}", f"{median(each) / beside:.2f} ×"] for name, each in rates.items()]
    figure = Figure(
        "`bgctl logs -f`, lines a second",
        aim,
        f"{ours:,.0f}",
        f"docker logs -f {beside:,.0f} ({ours / beside:.2f} ×)",
        ours / beside >= AIM,
        WHY,
    )
    notes = [
        f"{lines:,} lines from start to end of the process, {rounds} rounds. docker prints bytes as they are;"
        " bgctl goes through the daemon, takes escape sequences out and marks each line."
    ]
    return Section("log_lines", TITLE, [figure], rows, notes)
