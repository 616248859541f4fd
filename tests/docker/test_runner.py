"""Two colours of an app on the real engine, and what they have in common."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import docker
import pytest

from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.origin import Origin
from bgd.domain.traffic import edge_network
from bgd.errors import Failed
from tests.docker.apps.busybox import TAG
from tests.docker.apps.files import compose, service
from tests.docker.apps.world import World

SHOP = compose(
    service("web", "hostname > /tmp/me; exec sleep 100000", "ports: ['18999:80']\ncontainer_name: shop_web"),
    service("db", more="volumes: ['data:/data']"),
    more="volumes:\n  data:\n",
)
ROLES = {"db": "shared"}


def resolved(place: World, container: str, name: str) -> set[str]:
    """The addresses that a name has inside a container."""
    status, told = place.run(container, "nslookup", "-type=a", name, "127.0.0.11")
    answer = told.partition("\n\n")[2]
    assert status == 0, told
    found = {line.split()[-1] for line in answer.splitlines() if line.startswith("Address")}
    assert found, told
    return found


async def test_two_colours_run_side_by_side_and_the_shared_service_is_never_recreated(place: World) -> None:
    first = await place.prepared(SHOP, ROLES, 1, "web")
    await place.up(first, Color.BLUE)
    db = await place.container("db", None)
    blue = await place.container("web", Color.BLUE)
    second = await place.prepared(SHOP.replace("hostname >", "echo two; hostname >"), ROLES, 2, "web")
    await place.up(second, Color.GREEN)
    for _ in range(3):
        await place.up(second, Color.GREEN)
    assert (await place.container("db", None)).id == db.id
    assert (await place.container("web", Color.BLUE)).id == blue.id
    green = await place.container("web", Color.GREEN)
    assert (blue.release, green.release, db.release) == ("r1", "r2", None)
    assert (blue.status, green.status) == ("running", "running")
    for color, own in ((Color.BLUE, blue), (Color.GREEN, green)):
        assert resolved(place, own.name, "web") <= set(own.addresses), color
        assert resolved(place, own.name, "db") <= set(db.addresses), color


async def test_labels_are_as_the_contract_says_and_ports_and_names_are_gone(place: World) -> None:
    release = await place.prepared(SHOP, ROLES, 1, "web")
    await place.up(release, Color.BLUE)
    base = {"bgd.instance": place.instance, "bgd.app": "shop"}
    web = attributes(place, (await place.container("web", Color.BLUE)).id)
    assert labels_of(web, base | {"bgd.color": "blue", "bgd.release": "r1"})
    assert web["Config"]["Labels"]["com.docker.compose.project"] == f"{place.instance}-shop-blue"
    assert web["Name"].lstrip("/") == f"{place.instance}-shop-blue-web-1"
    assert not web["HostConfig"]["PortBindings"]
    assert "shop-blue-web" in web["NetworkSettings"]["Networks"][edge_network(place.instance)]["Aliases"]
    db = attributes(place, (await place.container("db", None)).id)
    assert labels_of(db, base | {"bgd.role": "shared"})
    assert not {"bgd.color", "bgd.release"} & set(db["Config"]["Labels"])
    wanted: dict[str, str | list[str] | bool] = {"label": [f"bgd.instance={place.instance}", "bgd.app=shop"]}
    networks = {
        network.name: network.attrs["Labels"] for network in place.client.networks.list(filters=wanted)
    }
    assert networks[f"{place.instance}-shop-blue_default"]["bgd.color"] == "blue"
    assert networks[f"{place.instance}-shop-shared_default"]["bgd.role"] == "shared"
    [volume] = place.client.volumes.list(filters=wanted)
    assert volume.attrs["Labels"]["bgd.role"] == "shared"


async def test_on_a_users_network_that_sorts_first_a_colour_still_finds_only_its_own(place: World) -> None:
    outside = f"aaa-{place.instance}"
    network = place.client.networks.create(outside, labels={"bgd.instance": place.instance})
    text = compose(
        service("web", more="networks: [default, out]"),
        service("db"),
        more=f"networks:\n  out: {{external: true, name: {network.name}}}\n",
    )
    release = await place.prepared(text, ROLES, 1, "web")
    for color in Color:
        await place.up(release, color)
    db = await place.container("db", None)
    for color in Color:
        own = await place.container("web", color)
        assert outside in attributes(place, own.id)["NetworkSettings"]["Networks"]
        assert resolved(place, own.name, "web") <= set(own.addresses)
        assert resolved(place, own.name, "db") <= set(db.addresses)


async def test_a_name_whose_own_copy_is_down_is_no_name_of_the_other_colours(place: World) -> None:
    release = await place.prepared(compose(service("web"), service("api"), service("db")), ROLES, 1, "web")
    await place.up(release, Color.BLUE)
    await place.runner.start(release, Color.GREEN, place.say)
    place.client.containers.get((await place.container("api", Color.BLUE)).id).stop()
    blue = await place.container("web", Color.BLUE)
    status, told = place.run(blue.name, "nslookup", "-type=a", "api", "127.0.0.11")
    green = await place.container("api", Color.GREEN)
    assert status != 0
    assert not any(address in told for address in green.addresses)
    # They are on one network all the same: the shared one.
    assert place.run(blue.name, "ping", "-c1", green.name)[0] == 0


async def test_a_start_that_was_killed_midway_is_finished_by_the_next(place: World) -> None:
    # Compose holds the later ones back until the first is healthy, and so can't be done when it is killed.
    healthy = "healthcheck: {test: [CMD, test, -e, /tmp/ok], interval: 1s, retries: 1000}"
    waits = "depends_on: {s0: {condition: service_healthy}}"
    services = [service("s0", more=healthy), *(service(f"s{number}", more=waits) for number in (1, 2, 3))]
    release = await place.prepared(compose(*services), {}, 1)
    begun = asyncio.create_task(place.runner.start(release, Color.BLUE, place.say))

    async def the_first_runs() -> bool:
        return any(c.status == "running" for c in await place.runner.containers("shop"))

    await place.until("shop", the_first_runs)
    for process in composes(place.directory):
        os.killpg(process, signal.SIGKILL)
    [ended] = await asyncio.gather(begun, return_exceptions=True)
    assert isinstance(ended, Failed)
    before = {c.service: c.status for c in await place.runner.containers("shop")}
    assert before == {"s0": "running", "s1": "created", "s2": "created", "s3": "created"}
    place.run((await place.container("s0", Color.BLUE)).id, "touch", "/tmp/ok")
    await place.runner.start(release, Color.BLUE, place.say)
    after = {c.service: c.status for c in await place.runner.containers("shop")}
    assert after == dict.fromkeys(before, "running")


def composes(directory: Path) -> set[int]:
    """The process groups of the Compose commands that read a file below `directory`."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"{directory}/state/apps".encode() in words and b"compose" in words:
            found.add(os.getpgid(int(process.name)))
    assert found
    return found - {os.getpgid(0)}


async def test_what_a_killed_compose_left_under_a_makeshift_name_is_swept(place: World) -> None:
    release = await place.prepared(compose(service("web")), {}, 1)
    await place.runner.start(release, Color.BLUE, place.say)
    web = await place.container("web", Color.BLUE)
    place.client.containers.get(web.id).rename(f"{web.id[:12]}_{web.name}")
    await place.runner.start(release, Color.BLUE, place.say)
    assert (await place.container("web", Color.BLUE)).name == web.name


async def test_a_crash_loop_is_seen(place: World) -> None:
    release = await place.prepared(compose(service("web", "exit 3", "restart: always")), {}, 1)
    await place.runner.start(release, Color.BLUE, place.say)

    async def it_restarted() -> bool:
        return (await place.container("web", Color.BLUE)).restarts >= 2

    await place.until("shop", it_restarted)


async def test_a_named_volume_keeps_its_name_and_its_content(place: World) -> None:
    text = compose(service("web", more="volumes: ['data:/data']"), more="volumes:\n  data:\n")
    release = await place.prepared(text, {}, 1)
    await place.runner.start(release, Color.BLUE, place.say)
    place.run((await place.container("web", Color.BLUE)).name, "sh", "-c", "echo kept > /data/file")
    await place.runner.remove("shop", Color.BLUE)
    [volume] = place.client.volumes.list(filters={"label": f"bgd.instance={place.instance}"})
    assert volume.name == f"{place.instance}-shop_data"
    await place.runner.start(release, Color.GREEN, place.say)
    web = await place.container("web", Color.GREEN)
    assert place.run(web.name, "cat", "/data/file") == (0, "kept\n")


async def test_removing_a_colour_leaves_the_other_untouched(place: World) -> None:
    release = await place.prepared(SHOP, ROLES, 1, "web")
    for color in Color:
        await place.up(release, color)
    before = {
        c.id: c.started_at for c in await place.runner.containers("shop", details=True) if c.color != "green"
    }
    await place.runner.remove("shop", Color.GREEN)
    await place.runner.remove("shop", Color.GREEN)
    after = {c.id: c.started_at for c in await place.runner.containers("shop", details=True)}
    assert after == before
    names = {n.name for n in place.client.networks.list(filters={"label": f"bgd.instance={place.instance}"})}
    assert f"{place.instance}-shop-green_default" not in names
    assert f"{place.instance}-shop-blue_default" in names


async def test_a_stopped_colour_is_kept_and_starts_again_as_it_was(place: World) -> None:
    release = await place.prepared(compose(service("web")), {}, 1)
    await place.runner.start(release, Color.BLUE, place.say)
    web = await place.container("web", Color.BLUE)
    await place.runner.stop("shop", Color.BLUE)
    assert (await place.container("web", Color.BLUE)).status == "exited"
    await place.runner.restart("shop", Color.BLUE)
    again = await place.container("web", Color.BLUE)
    assert (again.id, again.status) == (web.id, "running")


def restart_policy(place: World, container: Container) -> str:
    return str(place.client.containers.get(container.id).attrs["HostConfig"]["RestartPolicy"]["Name"])


async def test_what_is_stopped_doesnt_come_back_with_the_engine_until_it_is_started_again(
    place: World,
) -> None:
    text = compose(service("web", more="restart: always"), service("cron", more="restart: unless-stopped"))
    release = await place.prepared(text, {"cron": "live-only"}, 1)
    await place.runner.start(release, Color.BLUE, place.say)
    await place.runner.start_live_only(release, Color.BLUE)
    web, cron = await place.container("web", Color.BLUE), await place.container("cron", Color.BLUE)
    await place.runner.stop_live_only(release, Color.BLUE)
    assert (restart_policy(place, web), restart_policy(place, cron)) == ("always", "no")
    await place.runner.stop("shop", Color.BLUE)
    assert restart_policy(place, web) == "no"
    await place.runner.restart("shop", Color.BLUE)
    await place.runner.start_live_only(release, Color.BLUE)
    assert (restart_policy(place, web), restart_policy(place, cron)) == ("always", "unless-stopped")
    assert (await place.container("cron", Color.BLUE)).id == cron.id


async def test_live_only_services_start_and_stop_alone(place: World) -> None:
    text = compose(service("web"), service("cron"))
    release = await place.prepared(text, {"cron": "live-only"}, 1)
    await place.runner.start(release, Color.BLUE, place.say)
    web = await place.container("web", Color.BLUE)
    assert [c.service for c in await place.runner.containers("shop")] == ["web"]
    await place.runner.start_live_only(release, Color.BLUE)
    await place.runner.start_live_only(release, Color.BLUE)
    assert (await place.container("cron", Color.BLUE)).status == "running"
    await place.runner.stop_live_only(release, Color.BLUE)
    assert (await place.container("cron", Color.BLUE)).status == "exited"
    assert (await place.container("web", Color.BLUE)).started_at == web.started_at


@pytest.mark.parametrize("volumes", [False, True])
async def test_a_removed_app_leaves_nothing_but_volumes_unless_told(place: World, volumes: bool) -> None:
    text = compose(
        service("web"),
        service("db", more="volumes: ['data:/data']"),
        service("job", "true"),
        more="volumes:\n  data:\n",
    )
    roles = {"db": "shared", "job": "task"}
    for number, color in ((1, Color.BLUE), (2, Color.GREEN)):
        release = await place.prepared(text, roles, number, "web")
        await place.up(release, color)
        await place.runner.run_task(release, color, "job", place.say)
    image = place.client.images.get(TAG)
    assert {f"{place.instance}/shop/{name}:r{n}" for name in ("web", "db", "job") for n in (1, 2)} <= set(
        image.tags
    )
    await place.runner.remove_app("shop", volumes)
    await place.runner.remove_app("shop", volumes)
    wanted: dict[str, str | list[str] | bool] = {"label": [f"bgd.instance={place.instance}", "bgd.app=shop"]}
    assert place.client.containers.list(all=True, filters=wanted) == []
    assert place.client.networks.list(filters=wanted) == []
    assert len(place.client.volumes.list(filters=wanted)) == (0 if volumes else 1)
    assert not (place.directory / "state" / "apps" / "shop").exists()
    tags = place.client.images.get(TAG).tags
    assert TAG in tags
    assert [tag for tag in tags if tag.startswith(place.instance)] == []


async def test_an_image_that_only_the_app_had_goes_with_it_and_a_neighbours_stays(place: World) -> None:
    text = compose("web:\n  build:\n    context: ./built\n  stop_signal: SIGKILL\n")
    built = place.directory / "built"
    built.mkdir()
    (built / "Dockerfile").write_text(f"FROM {TAG}\nLABEL test={place.instance}\nEXPOSE 8080 53/udp\n")
    ours = await place.prepared(text, {}, 1)
    await place.runner.start(ours, Color.BLUE, place.say)
    image = ours.images["web"].id
    place.client.api.tag(image, f"{place.instance}/shop2/web", "r1")
    await place.runner.remove_app("shop", volumes=False)
    assert place.client.images.get(image).tags == [f"{place.instance}/shop2/web:r1"]
    await place.runner.remove_app("shop2", volumes=False)
    with pytest.raises(docker.errors.ImageNotFound):
        place.client.images.get(image)


async def test_a_front_whose_image_declares_its_port_needs_no_other_word(place: World) -> None:
    built = place.directory / "built"
    built.mkdir()
    (built / "Dockerfile").write_text(f"FROM {TAG}\nEXPOSE 8080 53/udp\n")
    tag = f"{place.instance}/declares/web:1"
    place.client.images.build(path=str(built), tag=tag, rm=True)
    file = place.directory / "compose.yaml"
    file.write_text(f"name: shop\nservices:\n  web:\n    image: {tag}\nx-bgd: {{route: {{service: web}}}}\n")
    reading = await place.runner.read(Origin(str(file)))
    assert reading.plan.route is not None
    assert (reading.plan.route.service, reading.plan.route.port) == ("web", 8080)
    file.write_text(file.read_text().replace(tag, "nowhere.invalid/x:1"))
    assert (await place.runner.read(Origin(str(file)))).plan.questions


def attributes(place: World, container: str) -> dict[str, Any]:
    found: dict[str, Any] = place.client.api.inspect_container(container)
    return found


def labels_of(container: dict[str, Any], wanted: dict[str, str]) -> bool:
    labels: dict[str, str] = container["Config"]["Labels"]
    return wanted.items() <= labels.items()
