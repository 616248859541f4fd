"""The story that `make demo` tells: what is done, what it prints, and what the visitors noticed."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterable
from typing import Any

from compose.checkout import ROOT, from_here
from compose.connection import connect
from compose.engine.supply import ensure_engine
from compose.images import shelf
from compose.show import paper
from compose.show.crowd import Crowd
from compose.show.daemon import BIN, Daemon, bgctl_environment, log_tail, start_daemon, stop_daemon
from compose.show.place import COMPOSE_FILE, DAEMON_LOG, ENV_FILE, SHOP
from compose.show.ports import LOOPBACK, free_port
from compose.show.receipt import Receipt, read_receipt
from compose.show.traces import count_traces, remove_traces
from compose.show.visitors import Tally

SOURCE = ROOT / "compose" / "demo"
APP = "shop"
HTTP_PORT = 8080
PREVIEW_PORT = 8081
VERB_TIMEOUT_S = 180
ANSWER_TIMEOUT_S = 10
JOBS_TIMEOUT_S = 30
POLL_S = 0.1
FAILURES_SHOWN = 5


class StoryError(Exception):
    """A step did not go as it must; the text says which, and what was seen instead."""


def tell() -> bool:
    """Show everything; returns whether no request of the visitors failed.

    Raises `StoryError`, and what setting up raises.
    """
    paper.heading(1, "What it takes")
    daemon = _set_up()
    with Crowd(daemon.http) as crowd:
        paper.heading(2, "The shop is taken in: the Compose file that it always had")
        _bgctl("add", from_here(COMPOSE_FILE))

        paper.heading(3, "First deployment: version 1")
        _bgctl("deploy", APP)
        crowd.open()
        paper.say("visitors ask for pages all the while; from here on each request counts")
        _expect_live(crowd, daemon, "1")

        paper.heading(4, "Second deployment: version 2, beside the first and not live yet")
        _release("2")
        _bgctl("deploy", APP, "--no-switch")
        _expect_live(crowd, daemon, "1")
        _expect_preview(daemon, "2")

        paper.heading(5, "The switch")
        _bgctl("switch", APP)
        _expect_live(crowd, daemon, "2")

        paper.heading(6, "The way back, while the old version is still warm")
        _bgctl("rollback", APP)
        _expect_live(crowd, daemon, "1")

        paper.heading(7, "Third deployment: version 3, whose checkout is broken")
        _release("3", broken="1")
        _bgctl("deploy", APP, expected=1)
        _expect_live(crowd, daemon, "1")

        paper.heading(8, "What is there now")
        _bgctl("status", APP)
        _bgctl("history", APP)
        tally = crowd.leave()

    paper.heading(9, "What the visitors noticed")
    _tell_of_jobs(daemon)
    return _conclude(tally, daemon)


def _set_up() -> Daemon:
    previous = read_receipt()
    engine = ensure_engine()
    # Kept over from a demo that is still up, for its engine and images are this one's as well.
    receipt = previous or Receipt()
    receipt.engine_was_started |= engine.was_started
    client = connect()
    try:
        if previous is not None:
            stop_daemon()
            remove_traces(client)
            paper.say("demo     the one from before is removed")
        elif count_traces(client):
            raise StoryError("the demo of another checkout is on this engine")
        receipt.write()
        tags_before = {tag for image in client.images.list() for tag in image.tags}
        made = shelf.stock(client)
        receipt.images = sorted({*receipt.images, *(tag for tag in made if tag not in tags_before)})
        receipt.write()
    finally:
        client.close()
    _lay_out_shop()
    http = free_port(HTTP_PORT)
    preview = free_port(PREVIEW_PORT, but=http)
    for name, port, usual in (("public", http, HTTP_PORT), ("preview", preview, PREVIEW_PORT)):
        if port != usual:
            paper.say(f"port     {usual} is taken, so the {name} one is {port}")
    daemon = start_daemon(f"{LOOPBACK}:{http}", f"{LOOPBACK}:{preview}")
    paper.say(f"bgd      pid {daemon.process.pid}; its log is {from_here(DAEMON_LOG)}")
    paper.say(f"public   http://{daemon.http}/")
    paper.say(f"preview  http://{daemon.preview}/")
    return daemon


def _lay_out_shop() -> None:
    """A copy of the shop's files, so that a release may edit them."""
    SHOP.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOURCE / "compose.yaml", COMPOSE_FILE)
    shutil.copy(SOURCE / ".env", ENV_FILE)


def _release(version: str, broken: str = "") -> None:
    """Edit the copy's `.env`, which is all that a release of the shop is."""
    lines = ENV_FILE.read_text().splitlines()
    ENV_FILE.write_text(
        "".join(f"{line}\n" for line in _edited(lines, {"VERSION": version, "BROKEN": broken}))
    )
    paper.say(f"{from_here(ENV_FILE)}: VERSION={version}" + (f", BROKEN={broken}" if broken else ""))


def _edited(lines: Iterable[str], values: dict[str, str]) -> Iterable[str]:
    for line in lines:
        name = line.partition("=")[0]
        yield f"{name}={values[name]}" if name in values else line


def _bgctl(*words: str, expected: int = 0) -> None:
    """Run a verb for all to see; raises `StoryError` where it ends otherwise than it must."""
    paper.command(f"bgctl {' '.join(words)}")
    try:
        done = subprocess.run(
            [BIN / "bgctl", *words],
            cwd=ROOT,
            env=bgctl_environment(),
            stdin=subprocess.DEVNULL,
            timeout=VERB_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StoryError(
            f"`bgctl {' '.join(words)}` did not end within {VERB_TIMEOUT_S} s{log_tail()}"
        ) from error
    if done.returncode != expected:
        raise StoryError(
            f"`bgctl {' '.join(words)}` ended with {done.returncode} instead of {expected}{log_tail()}"
        )


def _expect_live(crowd: Crowd, daemon: Daemon, version: str) -> None:
    """The public port must answer with this version, and the visitors must have met it since."""
    before = crowd.count().by_version.get(version, 0)
    seen = _version_at(daemon.http)
    if seen != version:
        raise StoryError(f"http://{daemon.http}/version says {seen}, not {version}")
    tally = crowd.wait_until(
        lambda tally: tally.by_version.get(version, 0) > before, f"version {version} is live"
    )
    paper.say(f"public   answers version {version}; visitors so far: {_counted(tally)}")


def _expect_preview(daemon: Daemon, version: str) -> None:
    seen = _version_at(daemon.preview)
    if seen != version:
        raise StoryError(f"http://{daemon.preview}/version says {seen}, not {version}")
    paper.say(f"preview  answers version {version}")


def _version_at(address: str) -> str:
    return str(_asked(address, "/version")["version"])


def _tell_of_jobs(daemon: Daemon) -> None:
    """Redis was there all along; the worker of the live colour does what the visitors' orders left."""
    deadline = time.monotonic() + JOBS_TIMEOUT_S
    while (jobs := _asked(daemon.http, "/jobs"))["done"] != jobs["queued"]:
        if time.monotonic() > deadline:
            raise StoryError(
                f"of {jobs['queued']} jobs only {jobs['done']} are done after {JOBS_TIMEOUT_S} s"
            )
        time.sleep(POLL_S)
    by_version = ", ".join(f"version {name}: {count}" for name, count in sorted(jobs["done_by"].items()))
    paper.say(
        f"of the {jobs['queued']} jobs that they left in redis all are done, by the workers of {by_version}"
    )


def _asked(address: str, path: str) -> Any:
    with urllib.request.urlopen(f"http://{address}{path}", timeout=ANSWER_TIMEOUT_S) as answer:
        return json.loads(answer.read())


def _counted(tally: Tally) -> str:
    return f"{tally.requests:,} request{'' if tally.requests == 1 else 's'}, {tally.failed} failed"


def _conclude(tally: Tally, daemon: Daemon) -> bool:
    shares = ", ".join(f"version {name}: {count:,}" for name, count in sorted(tally.by_version.items()))
    paper.say(f"they were answered by {shares}; the slowest took {tally.slowest_ms:.0f} ms")
    for failure in tally.failures[:FAILURES_SHOWN]:
        paper.say(f"failed   {failure}")
    paper.verdict(_counted(tally), is_good=tally.failed == 0)
    paper.say("")
    paper.say(f"The shop stays up at http://{daemon.http}/ until `make demo-down`. To look around:")
    paper.say(f"  export BGD_SOCKET={os.fspath(bgctl_environment()['BGD_SOCKET'])}")
    paper.say(f"  {from_here(BIN / 'bgctl')} ui")
    return tally.failed == 0
