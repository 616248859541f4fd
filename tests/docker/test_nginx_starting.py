"""Bringing the proxy up beside what is there already."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bgd.domain.color import Color
from bgd.domain.traffic import edge_network
from bgd.errors import Failed, Refused
from tests.docker.nginx_client import get, until
from tests.docker.nginx_lab import Lab, free_port, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that something else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        yield "{}:{}".format(*other.getsockname())


def made(lab: Lab) -> list[str]:
    """The containers and networks of the lab's instance."""
    mine = {"label": f"bgd.instance={lab.instance}"}
    containers = [each["Names"][0] for each in lab.client.containers(all=True, filters=mine)]
    return containers + [each["Name"] for each in lab.client.networks(filters=mine)]


@pytest.mark.parametrize("option", ["http", "preview"])
async def test_a_port_in_use_is_told_and_nothing_half_made_is_left(
    tmp_path: Path, taken: str, option: str
) -> None:
    async with opened(tmp_path) as lab:
        with pytest.raises(Failed, match=f"{taken} is taken") as caught:
            await lab.daemon(**{option: taken}).start(())
        assert f"--{option}" in caught.value.hint
        assert not made(lab)


async def test_a_proxy_that_runs_stays_as_it_is_when_its_new_port_is_in_use(
    tmp_path: Path, taken: str
) -> None:
    async with opened(tmp_path) as lab:
        await lab.traffic.start((routes("shop", None),))
        before = lab.inspect()["Id"]
        with pytest.raises(Failed, match=f"{taken} is taken"):
            await lab.daemon(http=taken).start((routes("shop", None),))
        assert lab.inspect()["Id"] == before
        assert (await get(lab.http, "shop")).status == 503


async def test_a_new_address_makes_the_proxy_anew_and_the_gate_outlives_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as lab:
        await lab.traffic.start((routes("shop", BLUE),))
        await lab.traffic.switch("shop", GREEN)
        moved = lab.daemon(preview=f"127.0.0.1:{free_port()}")
        # A table of before the switch, as after a crash: what nginx has on disk is what counts.
        await moved.start((routes("shop", BLUE),))
        assert await moved.live("shop") is GREEN
        await moved.switch("shop", GREEN)  # seen on the new address
        assert (await get(moved.preview_door, "shop")).status == 502


@pytest.mark.parametrize("how", ["stop", "kill", "pause", "remove_container"])
async def test_a_proxy_that_was_taken_down_by_hand_is_brought_back(tmp_path: Path, how: str) -> None:
    async with opened(tmp_path) as lab:
        await lab.traffic.start((routes("shop", None),))
        options = {"force": True} if how == "remove_container" else {}
        getattr(lab.client, how)(lab.proxy, **options)
        await lab.traffic.start((routes("shop", None),))
        assert (await get(lab.http, "shop")).status == 503


async def test_names_that_don_t_resolve_when_it_starts_keep_nobody_from_being_served(tmp_path: Path) -> None:
    shop, other = routes("shop", BLUE, hosts=("shop",)), routes("other", BLUE, hosts=("other",))
    async with opened(tmp_path) as lab:
        await lab.traffic.start((shop, other))  # nobody has any of these names yet
        assert (await get(lab.http, "shop")).status == 502
        lab.front("other", BLUE)
        await until(lab.http, "other", "/version", version="blue")
        lab.client.restart(lab.proxy)  # one name resolves now, the other doesn't
        await until(lab.http, "other", "/version", version="blue")
        assert (await get(lab.http, "shop")).status == 502
        lab.front("shop", BLUE)
        await until(lab.http, "shop", "/version", version="blue")


async def test_an_image_that_can_t_be_had_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as lab:
        with pytest.raises(Failed, match="the proxy can't be started") as caught:
            await lab.daemon(image="bgd/no-such-nginx:local").start(())
        assert "bgd/no-such-nginx:local" in f"{caught.value.message} {caught.value.hint}"
        assert not made(lab)


async def test_two_instances_run_side_by_side_and_a_third_daemon_can_t_take_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "one") as one, opened(tmp_path / "two") as two:
        await one.traffic.start((routes("shop", None),))
        await two.traffic.start(())
        assert (await get(one.http, "shop")).status == 503
        assert (await get(two.http, "shop")).status == 404
        assert set(made(one)) == {f"/{one.proxy}", edge_network(one.instance)}
        with pytest.raises(Refused, match="is there already"):
            await one.daemon(state_dir=tmp_path / "third").start(())
        await two.traffic.remove()
        assert not made(two)
        assert (await get(one.http, "shop")).status == 503
