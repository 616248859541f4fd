"""Hooks on the real engine: in containers and on the host, before and after, and when they hang."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny

SEES = "import os, urllib.request as r; print('sees', r.urlopen(os.environ['BGD_URL']).read().decode())"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[RunningDaemon]:
    """A daemon that lets apps run commands on this machine."""
    made = RunningDaemon(tmp_path / "bgd")
    made.environment = {"BGD_HOST_HOOKS": "true"}
    try:
        made.start()
        yield made
    finally:
        made.clear()


def hooks_of(daemon: RunningDaemon) -> list[dict[str, Any]]:
    """What the journal has of hooks."""
    with daemon.client.events(since=0, follow=False) as stream:
        return [dict(event) for event in stream if event["event"] == "hook"]


def test_hooks_run_in_containers_of_the_new_release_and_on_the_host(
    daemon: RunningDaemon, tiny: Tiny
) -> None:
    note = tiny.directory / "note"
    told = '"$$BGD_HOOK $$BGD_RELEASE $$BGD_LIVE $$BGD_OUTCOME $$BGD_URL $$(pwd)"'
    xbgd = f"""\
hooks:
  before_start: [{{run: [sh, -c, 'echo "$$BGD_APP $$BGD_RELEASE $$VERSION"']}}]
  before_switch: [{{run: [python3, -c, {json.dumps(SEES)}]}}]
  after_switch:
    - host: echo {told} >> {note}; printf 'a\\033[31mb\\n'; echo tok-$$BGD_TOKEN
    - host: sleep 60 & sleep 60
      within: 300ms
    - host: [/no/such/program]
  on_failure: [{{host: echo {told} >> {note}}}]"""
    daemon.bgctl("add", str(tiny.write("one", xbgd=xbgd)))
    done = daemon.finished("deploy", "tiny")
    assert done["outcome"] == "succeeded"
    first, second, third, hung, missing = hooks_of(daemon)
    assert first["log"] == ["tiny r1 one"]
    assert second["log"] == ["sees one"]
    assert third["log"] == ["ab", "tok-"]
    assert note.read_text() == f"after_switch r1 blue switched {daemon.url} {tiny.directory}\n"
    assert (hung["passed"], hung["reason"]) == (False, "exit status 124")
    assert "longer than 0.3 s" in hung["log"][-1]
    assert "No such file" in missing["reason"]

    tiny.write("two", xbgd=xbgd.replace("'sees'", "nothing"))
    failed = daemon.bgctl("deploy", "tiny", status=1)
    assert "the before_switch hook" in failed.stdout + failed.stderr
    assert "NameError" in failed.stdout + failed.stderr
    assert httpx.get(daemon.url).text == "one"
    assert note.read_text().splitlines()[1].startswith("on_failure r2 blue failed")
    assert daemon.containers("bgd.color=green") == []
    green = {"label": [f"bgd.instance={daemon.instance}", "bgd.color=green"]}
    assert daemon.engine.networks.list(filters=green) == []


def test_a_host_that_runs_no_commands_refuses_them(bgd: RunningDaemon, tiny: Tiny) -> None:
    xbgd = 'hooks: {after_switch: [{host: "touch here"}]}'
    file = tiny.write("one", xbgd=xbgd)
    assert "host-hook" in bgd.bgctl("check", str(file), "--json").stdout
    assert "host_hooks = true" in bgd.bgctl("add", str(file), status=4).stderr
    tiny.write("one")
    bgd.bgctl("add", str(file))
    tiny.write("one", xbgd=xbgd)
    assert "host_hooks = true" in bgd.bgctl("deploy", "tiny", status=4).stderr
    assert not (tiny.directory / "here").exists()


@pytest.mark.parametrize("where", ["run", "host"])
def test_a_hook_of_a_killed_daemon_is_run_again_and_nothing_of_it_is_left(
    daemon: RunningDaemon, tiny: Tiny, where: str
) -> None:
    tiny.directory.mkdir(parents=True)
    tiny.directory.chmod(0o777)
    here = "/here" if where == "run" else str(tiny.directory)
    waits = f"echo ran >> {here}/note; until [ -e {here}/go ]; do sleep 0.1; done"
    file = tiny.write("one", xbgd=f"hooks: {{before_start: [{{{where}: {json.dumps(waits)}}}]}}")
    file.write_text(file.read_text().replace('["./app.py', '[".:/here", "./app.py'))
    daemon.bgctl("add", str(file))
    daemon.bgctl("deploy", "tiny", "--detach")
    with daemon.client.events(app="tiny", since=0) as stream:
        next(e for e in stream if dict(e).get("effect") == "run_hook")
    daemon.end(signal.SIGKILL)
    (tiny.directory / "go").touch()  # the one that was left ends as well
    daemon.start()
    with daemon.client.events(app="tiny", since=0) as stream:
        done = next(e for e in stream if e["event"] == "finished")
    assert done["outcome"] == "succeeded"
    assert [hook["passed"] for hook in hooks_of(daemon)] == [True]
    assert (tiny.directory / "note").read_text().splitlines() in (["ran"], ["ran", "ran"])
    assert len(daemon.containers()) == 2, "the front and the proxy, no one-off"
