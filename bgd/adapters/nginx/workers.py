"""nginx's worker processes: which there are, and which of them only end what they began.

They are read from the host's /proc by the master's pid: the cheapest way, and one that needs nothing. The
engine's `top` is not used: it runs `ps` on the host, which a minimal Debian doesn't have. Where /proc isn't
the engine's (bgd in a container, an engine elsewhere, `hidepid`), the same is read inside the proxy's
container, by an exec that costs some 50 ms and needs a shell, which nginx's images have.

The two ways give different pids for one worker, and that does no harm: which way works only changes when the
master dies, and then its workers are gone as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from bgd.domain.nginx_layout import CONFIG, DIRECTORY

MASTER, WORKER = "nginx: master process", "nginx: worker process"
SHUTTING_DOWN = "is shutting down"
PROC = Path("/proc")

LISTING = "for p in $(cat /proc/1/task/1/children); do echo; echo $p; cat /proc/$p/cmdline; done 2>/dev/null"
"""What a shell in the container runs: a line with each child's pid, and one with its title."""


def workers_on_host(master: int, proc: Path = PROC) -> Mapping[int, bool] | None:
    """The workers by pid, true while one shuts down; `None` where that can't be told from this /proc.

    Blocks, but not for the disk.
    """
    if not is_master(master, proc):
        return None
    try:
        children = (proc / f"{master}/task/{master}/children").read_text().split()
    except OSError:
        return None
    titles = {}
    for pid in children:
        try:
            titles[int(pid)] = _title((proc / pid / "cmdline").read_bytes())
        except OSError:  # it ended meanwhile
            continue
    return _workers(titles)


def tcp_tables_on_host(master: int, proc: Path = PROC) -> str | None:
    """The open connections of nginx's network (see `bgd.domain.tcp_table`); `None` as above."""
    if not is_master(master, proc):
        return None
    try:
        return "".join((proc / f"{master}/net/{table}").read_text() for table in ("tcp", "tcp6"))
    except OSError:
        return None


def is_master(pid: int, proc: Path = PROC) -> bool:
    """Whether that process is the proxy's nginx: an engine that counts elsewhere means another one by it."""
    try:
        title = _title((proc / f"{pid}/cmdline").read_bytes())
    except OSError:
        return False
    return title.startswith(MASTER) and f"{DIRECTORY}/{CONFIG}" in title


def workers_listed(told: bytes) -> Mapping[int, bool]:
    """The same from what `LISTING` printed."""
    lines = [line for line in told.split(b"\n") if line.strip()]
    titles = {}
    for pid, title in pairwise(lines):
        if pid.isdigit() and not title.isdigit():
            titles[int(pid)] = _title(title)
    return _workers(titles)


def _title(cmdline: bytes) -> str:
    """The words of a /proc/PID/cmdline, which NULs end."""
    return cmdline.replace(b"\0", b" ").decode(errors="replace").strip()


def _workers(titles: Mapping[int, str]) -> Mapping[int, bool]:
    return {pid: SHUTTING_DOWN in title for pid, title in titles.items() if title.startswith(WORKER)}
