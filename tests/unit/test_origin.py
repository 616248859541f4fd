"""Several Compose files and profiles, from the command line to what is read, now and later."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.deployment import Options
from bgd.domain.origin import Origin
from bgd.engine.daemon import Daemon
from bgd.errors import InvalidInput
from tests.bgctl import bgctl
from tests.fake_daemon import FakeDaemon
from tests.samples import app_json
from tests.unit.fakes import Bench

BASE, PROD = "/srv/blog/compose.yaml", "/srv/blog/prod.yaml"
BLOG = Origin(BASE, (PROD,), ("mail",))


async def added(bench: Bench) -> Daemon:
    """The bench's only app is `blog`, of two files and a profile."""
    await bench.daemon.intake.remove(bench.daemon.fleet.get("shop"), volumes=False, actor="tester")
    await bench.daemon.intake.add(BLOG, "blog", "tester")
    return bench.daemon


async def deploy(daemon: Daemon, origin: Origin | None) -> None:
    app = daemon.fleet.get("blog")
    deployment, _ = await daemon.changes.deploy(app, Options(), origin, "tester", "")
    await daemon.deployer.finished(app, deployment.id)


async def test_what_was_added_is_read_again_by_every_later_deployment(bench: Bench) -> None:
    daemon = await added(bench)
    await deploy(daemon, None)
    assert bench.runner.origins[-2:] == [BLOG, BLOG]


async def test_other_files_are_for_one_deployment_only(bench: Bench) -> None:
    daemon = await added(bench)
    await deploy(daemon, Origin("/srv/other.yaml"))
    await deploy(daemon, None)
    assert bench.runner.origins[-2:] == [Origin("/srv/other.yaml"), BLOG]


async def test_files_and_profiles_outlive_the_daemon(bench: Bench, store: SqliteStore) -> None:
    await added(bench)
    (record,) = await store.apps()
    assert record.origin == BLOG


async def test_status_tells_files_and_profiles(bench: Bench) -> None:
    daemon = await added(bench)
    told = await daemon.status_of(daemon.fleet.get("blog"))
    assert (told["file"], told["more"], told["profiles"]) == (BASE, [PROD], ["mail"])


async def test_no_file_may_be_relative() -> None:
    with pytest.raises(InvalidInput, match=r"'prod\.yaml' isn't absolute"):
        Origin(BASE, ("prod.yaml",))


def test_add_and_deploy_send_all_files_and_profiles(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    daemon.on("POST", "/v1/apps", {"app": "blog", "services": {}, "warnings": []})
    bgctl(daemon, "add", "a.yaml", "b.yaml", "--profile", "x", "--profile", "y")
    body = daemon.requests[-1].body
    assert body == {
        "file": str(tmp_path / "a.yaml"),
        "name": None,
        "more": [str(tmp_path / "b.yaml")],
        "profiles": ["x", "y"],
    }


def test_status_shows_the_files_and_profiles_in_one_line(daemon: FakeDaemon) -> None:
    daemon.apps["shop"] = app_json("shop", more=["/srv/shop/prod.yaml"], profiles=["mail"])
    assert "file  /srv/shop/compose.yaml prod.yaml --profile mail\n" in bgctl(daemon, "status", "shop").out
