"""Shares of the visitors: what nginx is told, what is on the disk, and what proves that nginx obeys."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bgd.adapters.nginx.gates import Gates
from bgd.adapters.nginx.shares import FOREIGN, Shares
from bgd.domain.color import Color
from bgd.domain.nginx_config import render
from bgd.domain.nginx_layout import gate_file, live_file, share_file
from bgd.domain.nginx_shares import PLACES, place_cookie
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes, Share
from bgd.errors import Failed, InvalidInput
from tests.unit.nginx_blocks import Directive, parse
from tests.unit.test_nginx_traffic import marker, traffic

BLUE, GREEN = Color.BLUE, Color.GREEN


def line(app: str, *assets: str, path: str = "/", shifts: bool = True) -> AppRoutes:
    return AppRoutes(
        app, BLUE, dict.fromkeys(Color, Route("web", 80, (), path)), assets=assets, shifts=shifts
    )


def servers(*table: AppRoutes) -> list[Directive]:
    (http,) = parse(render(table).text).all("http")
    return http.all("server")


def test_an_app_that_does_not_shift_has_nothing_of_it() -> None:
    text = render((line("shop", shifts=False),)).text
    for word in ("split_clients", "Set-Cookie", "/share/", "bgd_place", "bgd_share"):
        assert word not in text
    blog = line("blog", path="/blog")
    assert "bgd_place_blog" in render((line("shop"), blog)).text
    assert "bgd_place_blog" not in render((line("shop"), replace(blog, shifts=False))).text


def test_the_share_is_asked_for_before_the_gate_and_has_the_last_word() -> None:
    asked = [live_file("shop"), share_file("shop", "on")]
    asked += [share_file("shop", f"{color}.$bgd_place_shop") for color in Color]
    public, preview, _, marked = servers(line("shop"))
    for server in (public, marked):
        tested = [each.words[2].rstrip(")") for each in server.all("if") if each.words[1] == "(-f"]
        assert [one for one in tested if not one.endswith(("pause.on", "maintenance.on"))] == [
            *asked,
            gate_file("shop"),
        ]
        last = server.all("if")[-1]
        assert (last.words[1], last.children[0].words) == (
            "($bgd_share_shop)",
            ["set", "$bgd_color_shop", "$bgd_share_shop"],
        )
    assert "share" not in str(list(preview.deep())), "who looks at the preview has chosen a colour"


def test_every_place_is_as_likely_as_any_other() -> None:
    (http,) = parse(render((line("shop"),)).text).all("http")
    (drawn,) = http.all("split_clients")
    assert [each.words for each in drawn.children] == [
        *(["1%", str(place)] for place in range(PLACES - 1)),
        ["*", str(PLACES - 1)],
    ]


def test_every_answer_of_the_app_keeps_the_place() -> None:
    public, *others = servers(line("my-shop", "/static"))
    answering = [each for each in public.all("location") if each.words[1] != "@bgd_page"]
    assert len(answering) == 4
    for location in answering:
        assert location.one("add_header") == "Set-Cookie $bgd_kept_my_dshop always"
    assert "Set-Cookie" not in str([list(server.deep()) for server in others])


def test_the_cookie_is_the_app_s_alone_and_holds_a_place_and_nothing_else() -> None:
    text = render((line("my-shop", path="/a"), line("blog", path="/b"))).text
    for app, path in (("my-shop", "/a"), ("blog", "/b")):
        name = place_cookie(app)
        given = f"{name}=${name}; Path={path}; Max-Age=86400; HttpOnly; SameSite=Lax"
        assert given in text
    assert place_cookie("a-b") != place_cookie("a_b")


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The gate of an app that is live."""
    Gates(tmp_path).turn("shop", BLUE)
    return tmp_path / "gate/shop"


def in_share(gate: Path) -> set[str]:
    """What nginx finds there."""
    return {path.name for path in (gate / "share").iterdir()}


def test_a_share_is_a_file_for_each_place_and_one_for_all(gate: Path, tmp_path: Path) -> None:
    shares = Shares(tmp_path)
    assert shares.of("shop") is None
    for share in (Share(GREEN, 5), Share(GREEN, 25), Share(BLUE, 99)):
        shares.give("shop", share)
        assert shares.of("shop") == share
        assert in_share(gate) == {"on", *(f"{share.color}.{place}" for place in range(share.percent))}
    shares.drop("shop")
    shares.drop("shop")
    assert shares.of("shop") is None
    assert Gates(tmp_path).live("shop") is BLUE


def test_a_link_is_good_on_both_sides_of_the_mount(gate: Path, tmp_path: Path) -> None:
    Shares(tmp_path).give("shop", Share(GREEN, 5))
    (tmp_path / "elsewhere").mkdir()
    for name in ("gate", "share"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    assert (tmp_path / "elsewhere/gate/shop/share/green.4").exists()
    assert not gate.exists()


def test_a_share_that_was_changed_by_hand_is_foreign_and_is_made_whole(gate: Path, tmp_path: Path) -> None:
    shares, share = Shares(tmp_path), Share(GREEN, 5)
    shares.give("shop", share)
    (gate / "share/green.4").unlink()
    assert shares.of("shop") == FOREIGN
    shares.give("shop", share)
    (gate / "share/green.77").touch()
    assert shares.of("shop") == FOREIGN
    shares.give("shop", share)
    assert shares.of("shop") == share
    for target in ("/etc", "../../share/green-0", "../../share/green-100", "../../share/red-5"):
        (gate / "share").unlink()
        (gate / "share").symlink_to(target)
        assert shares.of("shop") == FOREIGN
    (gate / "share").unlink()
    (gate / "share").mkdir()
    assert shares.of("shop") == FOREIGN
    shares.give("shop", share)
    assert shares.of("shop") == share


def test_a_share_goes_with_its_gate_and_leaves_the_places_to_others(gate: Path, tmp_path: Path) -> None:
    gates, shares = Gates(tmp_path), Shares(tmp_path)
    gates.turn("blog", BLUE)
    for app in ("shop", "blog"):
        shares.give(app, Share(GREEN, 5))
    gates.drop("shop")
    assert shares.of("shop") is None
    assert not gate.exists()
    assert shares.of("blog") == Share(GREEN, 5)
    with pytest.raises(FileNotFoundError):
        shares.give("shop", Share(GREEN, 5))
    shares.drop("shop")
    with pytest.raises(InvalidInput):
        shares.of("../x")


@pytest.mark.usefixtures("gate")
def test_nginx_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        Shares(tmp_path).give("shop", Share(GREEN, 5))
    finally:
        os.umask(before)
    for path in [tmp_path / "share", *(tmp_path / "share").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path


@pytest.mark.parametrize("word", ["whole", "shared"])
async def test_only_nginx_s_own_word_proves_that_a_share_is_over(tmp_path: Path, word: str) -> None:
    async with marker(lambda _: f"blue 1 7 open {word}") as door, traffic(tmp_path, door) as subject:
        Gates(tmp_path / "nginx").turn("shop", BLUE)
        if word == "whole":
            await subject.share("shop", None)
            return
        with pytest.raises(Failed, match="nginx wasn't seen to give shop without a share"):
            await subject.share("shop", None)


async def test_a_move_away_ends_the_share_that_the_old_color_has(tmp_path: Path) -> None:
    gates, shares = Gates(tmp_path / "nginx"), Shares(tmp_path / "nginx")

    def says(app: str) -> str:
        return f"{gates.live(app)} 1 7 open {'whole' if shares.of(app) is None else 'shared'}"

    async with marker(says) as door, traffic(tmp_path, door) as subject:
        gates.turn("shop", BLUE)
        shares.give("shop", Share(GREEN, 25))
        await subject.switch("shop", GREEN)
        assert await subject.shared("shop") == Share(GREEN, 25), "until whoever gave it drops it"
        await subject.switch("shop", BLUE)
        assert await subject.shared("shop") is None
