"""Which paths of files nginx asks the other colour for."""

from __future__ import annotations

from bgd.domain.color import Color
from bgd.domain.nginx_config import render
from bgd.domain.settings import Route, Settings
from bgd.domain.traffic import AppRoutes
from bgd.engine.app import App
from tests.unit.fakes import Bench, plan
from tests.unit.test_bake import begun, ended


def line(app: str, path: str, *assets: str) -> AppRoutes:
    route = Route("web", 80, (), path)
    return AppRoutes(app, Color.BLUE, dict.fromkeys(Color, route), assets=assets)


def locations(*table: AppRoutes) -> list[str]:
    return [text.strip() for text in render(table, workers=1).text.splitlines() if "location " in text]


def test_only_below_the_paths_of_assets_the_other_color_is_asked() -> None:
    text = render((line("shop", "/", "/static"),), workers=1).text
    assert text.count('location "/static/" {') == 1, "the public listener alone"
    assert text.count("error_page 404 = @") == 1
    assert "error_page 404 = @" not in render((line("shop", "/"),), workers=1).text


def test_what_is_another_app_s_place_stays_its() -> None:
    shop, blog = line("shop", "/", "/blog/files", "/blog"), line("blog", "/blog", "/blog/static")
    assert 'location "/blog/files/" {' not in locations(shop, blog)
    assert 'location "/blog/static/" {' in locations(shop, blog)
    assert locations(shop, blog).count('location "/blog/" {') == 3, "one for each listener"


async def test_a_color_is_asked_while_it_is_there(bench: Bench) -> None:
    app: App = bench.daemon.fleet.get("shop")
    bench.runner.plan = plan(Settings(assets=("/static",)))
    assert not app.routes().assets
    await ended(bench, await begun(bench, bench.runner.plan.settings))
    assert app.routes().assets == ("/static",)
    assert bench.traffic.table[0].assets == ("/static",)
    while app.colors[Color.BLUE].state == "draining":
        await app.idle.wait()
        await bench.runner.changed("shop", 0)
    await bench.daemon.changes.stop(app, Color.BLUE, "tester")
    assert not app.routes().assets
    assert not bench.traffic.table[0].assets
