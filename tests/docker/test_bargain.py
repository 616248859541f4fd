"""What two versions side by side need of an app, looked at on the real engine before anything moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

APP = "bargain"
SMOKE = "smoke: [{get: /pay}]"
SESSIONS = "sessions: {login: {post: /in, body: password=hunter2}, check: {get: /me}}"
MIGRATION = """\
roles: {migrate: task}
tasks: {migrate: {irreversible: true}}
"""


def migrating(to: str) -> str:
    """A task that leaves the schema so."""
    return f"""\
migrate:
  image: {IMAGE}
  command: [sh, -c, "printf {to} > /schema/version"]
  volumes: ["./schema:/schema"]
"""


@pytest.fixture
def tiny(common_bgd: RunningDaemon, tmp_path: Path) -> Iterator[Tiny]:
    """The app, and nothing of it afterwards."""
    made = Tiny(tmp_path, APP)
    schema = tmp_path / "schema" / "version"
    schema.parent.mkdir()
    schema.write_text("1")
    schema.chmod(0o666)  # the image's user isn't the test's
    yield made
    common_bgd.bgctl("remove", APP, "--yes", "--volumes")


def test_a_migration_that_breaks_the_old_version_is_stopped_before_the_switch(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("1", xbgd=SMOKE, environment='SCHEMA: "/schema/version"', volumes="./schema:/schema:ro")
    common_bgd.bgctl("add", str(tiny.file))
    common_bgd.bgctl("deploy", APP)
    blue = common_bgd.ids(APP, "blue")
    tiny.write(
        "2",
        xbgd=f"{SMOKE}\n{MIGRATION}",
        environment='SCHEMA: "/schema/version"',
        volumes="./schema:/schema:ro",
        services=migrating("2"),
    )
    shown = common_bgd.bgctl("deploy", APP, status=1).stderr
    assert "r1, which is live in blue, doesn't work any more with what the tasks changed" in shown
    assert "failed at migrate" in shown
    status = common_bgd.json("status", APP)
    assert (status["live"], status["colors"]["green"]["containers"]) == ("blue", [])
    assert common_bgd.ids(APP, "blue") == blue


def test_a_rollback_across_a_task_that_cannot_be_undone_needs_force(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("1")
    common_bgd.bgctl("add", str(tiny.file))
    common_bgd.bgctl("deploy", APP)
    tiny.write("2", xbgd=MIGRATION, services=migrating("1"))
    common_bgd.bgctl("deploy", APP)
    refused = common_bgd.bgctl("rollback", APP, status=4).stderr
    assert "task migrate of r2 can't be undone" in refused
    assert common_bgd.json("rollback", APP, "--force")["to"] == "blue"


def test_a_session_survives_or_its_release_is_not_switched_to(common_bgd: RunningDaemon, tiny: Tiny) -> None:
    tiny.write("1", xbgd=SESSIONS, environment='KEY: "k3y"')
    common_bgd.bgctl("add", str(tiny.file))
    common_bgd.bgctl("deploy", APP)
    tiny.write("2", xbgd=SESSIONS, environment='KEY: "k3y"')
    common_bgd.bgctl("deploy", APP)
    tiny.write("3", xbgd=SESSIONS, environment='KEY: "an0ther"')
    shown = common_bgd.bgctl("deploy", APP, status=1).stderr
    assert "who is logged in on green isn't on blue" in shown
    journal = common_bgd.bgctl("events").stdout + shown + common_bgd.bgctl("history", APP, "--json").stdout
    assert "k3y" not in journal
    assert "hunter2" not in journal
    assert common_bgd.json("status", APP)["live"] == "green"
