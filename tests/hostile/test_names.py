"""Names, hosts, paths and texts that were made to break out of where they are put."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgd.adapters import xbgd_values
from bgd.adapters.rendered_file import dumped
from bgd.adapters.sqlite_store import SqliteStore
from bgd.api.context import moment, whole_number
from bgd.domain.color import Color
from bgd.domain.deployment import AppRecord
from bgd.domain.nginx_config import render
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes
from bgd.engine.fleet import number_of
from bgd.engine.ports import Entry
from bgd.errors import InvalidInput
from tests.hostile.door import Door
from tests.unit.fakes import plan
from tests.unit.nginx_blocks import Directive, parse

many = settings(
    max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)

BREAKOUTS = [
    *("../../etc/passwd", "..", ".", "/", "//", "/..", "/a/../b", "/a//b", "/%2e%2e/"),
    *("x; }", "x} server {", "x' x", 'x" x', "x\\", "x\n}", "x\r\nX: y", "/a;b", "/a{b}", "/$a"),
    *("$host", "${x}", "#x", "*", "*.", "*.*", "~x", "~*.", "/a\tb"),
    *("$(id)", "`id`", "a;b", "a|b", "a&&b", "-x", "--flag", "~", "!x", "a b"),
    *("%s%n", "%(x)s", "{0}", "\\0", "a\0b"),
    *("x: y", "- x", "? x", "!!python/object:x", "&a", "*a", "<<", "|", ">", "@x", "[x]"),
    *("null", "no", "1e3", "0o14", "="),
    *("'; DROP TABLE apps;--", '" OR ""="', "x'--", "%", "_", "?1"),
    *("\x1b]0;x\x07", "\x9b2J", "\u202ex", "\u2028", "\ufeff", "ä", "ｗｅｂ", "\U000e0041", "\ud800"),
    *("con", "blue", "green", "shared", "bgd", "marker.bgd.invalid", "x.bgd.invalid"),
    *("0", "-1", "r1", "r-1", "a" * 300),
]
TAME = "abz019.-_/*~@+ ;{}$'\"\\#\n%"
texts = st.one_of(st.sampled_from(BREAKOUTS), st.text(TAME, max_size=30), st.text(max_size=30))
nearly = st.builds(
    lambda a, b, c: a + b + c, st.sampled_from(["shop", "/shop", "a.b", ""]), texts, st.just("x")
)
words = texts | nearly
HARMLESS = re.compile(r"[A-Za-z0-9._~@+/*-]*")


def accepted(check: Callable[[str], object], word: str) -> object:
    """What the block makes of it, or nothing."""
    try:
        return check(word)
    except ValueError:
        return None


def table(app: str, host: str, path: str, service: str) -> tuple[AppRoutes, ...]:
    """One app's line; raises `InvalidInput` where it can't be told nginx."""
    route = Route(service, 8000, (host,), path)
    return (AppRoutes(app, Color.BLUE, {Color.BLUE: route, Color.GREEN: route}),)


def shape(blocks: list[Directive]) -> list[object]:
    """The names of the directives, nested as they are; of maps only how much is in them."""
    return [
        (each.name, len(each.children) if each.name == "map" else shape(each.children)) for each in blocks
    ]


def shape_of(*line: str) -> list[object]:
    """The shape of the configuration for one app."""
    return shape(parse(render(table(*line)).text).children)


PLAIN = {path: shape_of("shop", "a.example", path, "web") for path in ("/", "/x")}


@many
@given(app=st.just("shop") | words, host=st.just("a.b") | words, path=st.just("/") | words, service=words)
def test_words_either_cant_be_told_nginx_or_change_nothing_of_its_configurations_shape(
    app: str, host: str, path: str, service: str
) -> None:
    try:
        found = shape_of(app, host, path, service)
    except InvalidInput:
        return
    assert all(map(HARMLESS.fullmatch, (app, host, path, service)))
    assert found == PLAIN["/" if path == "/" else "/x"]


@many
@given(word=words)
def test_what_the_block_accepts_nginx_accepts_too(word: str) -> None:
    app, host = accepted(xbgd_values.app, word), accepted(xbgd_values.host, word)
    path = accepted(xbgd_values.route_path, word)
    render(table(str(app or "shop"), str(host or "a.b"), str(path or "/"), "web"))


@many
@given(word=words)
def test_an_apps_name_is_a_directory_of_its_own_and_nothing_else(word: str) -> None:
    if (app := accepted(xbgd_values.app, word)) is not None:
        place = Path("/state/apps") / str(app)
        assert place.parent == Path("/state/apps")
        assert place.name == word
        assert HARMLESS.fullmatch(word)


@many
@given(word=words)
def test_releases_numbers_and_times_are_those_or_invalid(word: str) -> None:
    for read in (number_of, lambda text: whole_number(text, "tail"), lambda text: moment(text, "since")):
        try:
            told = read(word)
        except InvalidInput:
            continue
        assert isinstance(told, str) or 0 <= told < 10**15


# Compose prints Go's strings, which have no halves of characters.
go_texts = words.filter(lambda text: text.isprintable() or text.encode("utf-8", "ignore").decode() == text)


@many
@given(key=go_texts, value=go_texts, more=st.lists(go_texts, max_size=3))
def test_what_is_rendered_for_compose_is_read_back_as_it_was(key: str, value: str, more: list[str]) -> None:
    model = {"services": {key: {"environment": {key: value}, "command": more, "image": value}}}
    assert yaml.safe_load(dumped(model)) == model


async def test_no_text_is_sql() -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "bgd.db")
        await store.open()
        try:
            at = datetime.now(UTC)
            names = [word for word in BREAKOUTS if "\ud800" not in word]
            for name in names:
                app = AppRecord(name, name, at, Route(name, 1))
                await store.record(app, Entry(at, name, name, {name: name}, actor=name))
            assert {app.name for app in await store.apps()} == set(names)
            for name in names:
                (entry,) = await store.entries(0, name, 10)
                assert (entry.event, dict(entry.data), entry.actor) == (name, {name: name}, name)
                await store.forget(name)
            assert await store.apps() == []
        finally:
            await asyncio.shield(store.close())


async def test_a_route_that_the_proxy_cant_serve_is_refused_before_the_app_is_there(door: Door) -> None:
    bench = door.bench
    fleet = bench.daemon.fleet
    long = "w" * 60
    for route in (
        Route("web", 80, ("marker.bgd.invalid",)),
        Route("web", 80, ("a; }",)),
        Route("web", 80, ("a.b",), "/x y"),
        Route(long, 80, ("a.b",)),
        Route("shop-blue-web", 80, ("a.b",)),  # what the other app's front is called on the proxy's network
    ):
        bench.runner.plan = replace(plan(), app="evil", route=route)
        said = await door.ask("POST", "/v1/apps", b'{"file": "/srv/evil/compose.yaml"}')
        assert said.statuses == [422], route
        assert set(fleet.apps) == {"shop"}
        assert [app.name for app in await bench.store.apps()] == ["shop"]
    bench.runner.plan = replace(plan(), route=Route(long, 80))
    said = await door.ask("POST", "/v1/apps/shop/deployments", b"{}")
    assert said.statuses == [422], "a deployment brings no such route either"
    assert fleet.apps["shop"].busy is None
