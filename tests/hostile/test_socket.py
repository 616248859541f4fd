"""Who may come in, who is there already, and that whoever changes something is known."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bgd.domain.lifecycle import State
from bgd.domain.settings import Promote, Settings
from bgd.errors import Refused
from bgd.server import bound, vacated
from tests.hostile.door import Door
from tests.unit.fakes import plan

NOBODY = 65_534
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


def connects(path: Path, *groups: int) -> str:
    """How a stranger fares who wants to connect: the error's name, or nothing."""
    done = subprocess.run(
        ["/usr/bin/env", "python3", "-c", CONNECT, str(path)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=groups,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    return done.stderr.strip().rpartition("\n")[2].partition(":")[0]


@pytest.fixture
def place() -> object:
    """A directory that strangers can look into: pytest's own is closed to them."""
    path = Path(f"/tmp/bgd-{os.getpid()}-{threading.get_ident()}")
    path.mkdir(mode=0o755)
    yield path
    subprocess.run(["rm", "-rf", str(path)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_only_owner_and_group_get_in_and_others_are_told_eacces(place: Path) -> None:
    path = place / "run" / "bgd.sock"
    before = os.umask(0o077)  # as the daemon has it
    try:
        listener = bound(path)
    finally:
        os.umask(before)
    with listener:
        assert connects(path) == "PermissionError"
        group = 4711
        for each in (path.parent, path):
            os.chown(each, -1, group)
        assert connects(path, group) == ""
        path.parent.chmod(0o755)
        assert connects(path) == "PermissionError", "the socket's own mode keeps them out too"


def test_the_group_of_the_socket_gets_into_its_directory_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        listener = bound(tmp_path / "run" / "bgd.sock")
    finally:
        os.umask(before)
    listener.close()
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o750


def test_the_socket_never_has_another_mode_while_it_is_made(tmp_path: Path) -> None:
    """Looked at from the interpreter's own events: between any two of them, whoever looks sees 0660."""
    seen: set[int] = set()
    is_over = False

    def look(event: str, _: object) -> None:
        if not is_over and event in {"socket.bind", "os.rename", "os.chmod", "socket.listen", "open"}:
            for path in (*tmp_path.glob(".*.sock*"), *tmp_path.glob("*.sock")):
                seen.add(stat.S_IMODE(os.lstat(path).st_mode))

    sys.addaudithook(look)
    try:
        bound(tmp_path / "bgd.sock").close()
        look("open", None)
    finally:
        is_over = True
    assert seen == {0o660}


def test_of_many_daemons_that_come_at_once_one_gets_the_place_and_keeps_it(tmp_path: Path) -> None:
    for number in range(25):
        path = tmp_path / f"{number}.sock"
        start = threading.Barrier(8)

        def come(path: Path = path, start: threading.Barrier = start) -> socket.socket | None:
            start.wait()
            with contextlib.suppress(Refused):
                return bound(path)
            return None

        with concurrent.futures.ThreadPoolExecutor(8) as daemons:
            came = [one for one in daemons.map(lambda _: come(), range(8)) if one is not None]
        assert len(came) == 1
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            came[0].accept()[0].close()
        came[0].close()


def test_what_a_daemon_left_that_was_killed_while_it_made_its_socket_goes(tmp_path: Path) -> None:
    path = tmp_path / "bgd.sock"
    code = (
        "import os, sys, pathlib; from bgd import server;"
        "pathlib.Path.rename = lambda *_: os._exit(9);"
        f"server.bound(pathlib.Path({str(path)!r}))"
    )
    for _ in range(2):
        killed = subprocess.run([sys.executable, "-c", code], check=False)
        assert killed.returncode == 9
    bound(path).close()
    assert [left.name for left in tmp_path.iterdir()] == ["bgd.sock"]


def test_a_daemon_that_ends_leaves_the_socket_of_the_next_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "bgd.sock"
    first = bound(path)
    own = path.lstat()
    first.close()
    second = bound(path)
    vacated(path, own)
    assert path.is_socket(), "it is the second one's"
    own = path.lstat()
    second.close()
    vacated(path, own)
    assert not path.exists()


CHANGES = [
    ("POST", "/v1/apps/shop/deployments", {"no_switch": True}),
    ("POST", "/v1/apps/shop/switch", {}),
    ("POST", "/v1/apps/shop/rollback", {}),
    ("POST", "/v1/apps/shop/smoke", {}),
    ("POST", "/v1/apps/shop/maintenance", {"on": True}),
    ("POST", "/v1/apps/shop/maintenance", {"on": False}),
    ("POST", "/v1/apps/shop/stop", {"color": "green"}),
    ("DELETE", "/v1/apps/shop", {}),
]


async def test_every_change_is_journalled_with_the_callers_uid_and_pid(door: Door) -> None:
    bench, me = door.bench, f"uid {os.getuid()} (pid {os.getpid()})"
    app = bench.daemon.fleet.apps["shop"]
    await door.ask("POST", "/v1/apps/shop/deployments", b"{}")
    await app.idle.wait()
    for method, path, body in CHANGES:
        before = await bench.store.last_id()
        said = await door.ask(method, path, json.dumps(body).encode())
        assert said.statuses[0] < 300, (path, said.raw)
        await app.idle.wait()
        actors = {entry.actor for entry in await bench.store.entries(before, None, 1000)}
        assert me in actors, (method, path, body)
        assert actors <= {me, None, "bgd"}, (method, path, body)


async def test_a_change_that_fails_is_journalled_with_the_callers_uid_and_pid(door: Door) -> None:
    bench, me = door.bench, f"uid {os.getuid()} (pid {os.getpid()})"
    app = bench.daemon.fleet.apps["shop"]
    for _ in range(2):
        await door.ask("POST", "/v1/apps/shop/deployments", b"{}")
        await app.idle.wait()
    bench.runner.broken = {"stop": "no", "remove_app": "no"}
    bench.traffic.broken = {"shut"}
    for method, path, body in (
        ("POST", "/v1/apps/shop/stop", b'{"color": "blue"}'),
        ("POST", "/v1/apps/shop/maintenance", b'{"on": true}'),
        ("DELETE", "/v1/apps/shop", b""),
    ):
        before = await bench.store.last_id()
        said = await door.ask(method, path, body)
        assert said.statuses == [500], (path, said.raw)
        assert me in {entry.actor for entry in await bench.store.entries(before, None, 1000)}, path


async def test_promote_and_cancel_are_journalled_with_the_callers_uid_and_pid(door: Door) -> None:
    bench, me = door.bench, f"uid {os.getuid()} (pid {os.getpid()})"
    app = bench.daemon.fleet.apps["shop"]
    bench.runner.plan = plan(Settings(promote=Promote.MANUAL))
    for verb in ("promote", "cancel"):
        await door.ask("POST", "/v1/apps/shop/deployments", b"{}")
        while app.deployment is None or app.deployment.state is not State.AWAITING:
            await asyncio.sleep(0)
        before = await bench.store.last_id()
        said = await door.ask("POST", f"/v1/apps/shop/{verb}")
        assert said.statuses == [200], said.raw
        await app.idle.wait()
        assert me in {entry.actor for entry in await bench.store.entries(before, None, 1000)}, verb
