"""Words of users: what nginx could misread is refused, and what is let through can't be misread."""

from __future__ import annotations

from itertools import product

import pytest

from bgd.domain.color import Color
from bgd.domain.nginx_config import render
from bgd.domain.nginx_pages import STYLE, document
from bgd.domain.nginx_words import check_app, check_route, quoted, upstream_host, variable
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes
from bgd.errors import InvalidInput

HOSTILE = ["x;y", "x y", "x{", "x}", "x$host", 'x"', "x'", "x\\", "x#", "x\n", "x\0", "x/../y", "ü", "", "x*"]


@pytest.mark.parametrize("host", [*HOSTILE, "-x.example", "x..y", ".x", "x.", "*", "x.*.y", "~^x$", "a" * 64])
def test_hosts_that_are_none_are_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="host name"):
        check_route("shop", Route("web", 80, (host,)))


@pytest.mark.parametrize(
    "host",
    ["localhost", "shop.example.com", "*.example.com", "xn--bcher-kva.example", "a_b.example", "10.0.0.1"],
)
def test_hosts_that_are_some_are_taken(host: str) -> None:
    check_route("shop", Route("web", 80, (host,)))


@pytest.mark.parametrize("host", ["bgd.invalid", "marker.bgd.invalid"])
def test_bgd_s_own_hosts_are_nobody_else_s(host: str) -> None:
    with pytest.raises(InvalidInput, match="bgd's own"):
        check_route("shop", Route("web", 80, (host,)))


@pytest.mark.parametrize(
    "path", ["/" + text for text in HOSTILE if text] + ["x", "/x/", "//x", "/.", "/x/.."]
)
def test_paths_that_nginx_reads_otherwise_are_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="can't route by the path"):
        check_route("shop", Route("web", 80, (), path))


@pytest.mark.parametrize("path", ["/", "/api", "/api/v2", "/~user", "/a.b_c-d+e@f"])
def test_plain_paths_are_taken(path: str) -> None:
    check_route("shop", Route("web", 80, (), path))


@pytest.mark.parametrize("service", [*HOSTILE, "web:80", "web/x"])
def test_services_that_aren_t_names_are_refused(service: str) -> None:
    with pytest.raises(InvalidInput, match="no name of a service"):
        check_route("shop", Route(service, 80))


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_ports_that_are_none_are_refused(port: int) -> None:
    with pytest.raises(InvalidInput, match="no port"):
        check_route("shop", Route("web", port))


@pytest.mark.parametrize("name", [*HOSTILE, "Shop", "-shop", "_shop", "..", "a.b", "a/b"])
def test_apps_that_can_t_be_directories_and_variables_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="can't name an app"):
        check_app(name)


def test_rendering_checks_all_words_itself() -> None:
    route = Route("web", 80)
    for bad in (
        AppRoutes("a;b", None, dict.fromkeys(Color, route)),
        AppRoutes("a", None, {Color.BLUE: route, Color.GREEN: Route("web", 80, ("x;y",))}),
    ):
        with pytest.raises(InvalidInput):
            render((bad,))


def test_different_apps_have_different_variables() -> None:
    names = ["a" + "".join(letters) for size in range(1, 6) for letters in product("_-d", repeat=size)]
    variables = {variable("bgd_color", name) for name in names}
    assert len(variables) == len(names)
    assert all(name.replace("_", "").isalnum() for name in variables)


def test_a_front_s_name_that_the_dns_can_t_carry_is_refused_with_its_length() -> None:
    assert len(upstream_host("a" * 40, Color.GREEN, "s" * 16)) == 63
    with pytest.raises(InvalidInput, match="too long") as caught:
        upstream_host("a" * 40, Color.GREEN, "s" * 17)
    assert "63 characters" in caught.value.hint
    with pytest.raises(InvalidInput, match="dots in a row"):
        upstream_host("shop", Color.BLUE, "web..x")


def test_pages_are_words_that_nginx_can_take() -> None:
    assert quoted("it's") == r"'it\'s'"
    assert len(quoted(document("$bgd_title", "$bgd_text", "$status"), variables=True).encode()) < 4096
    with pytest.raises(ValueError, match="variable"):
        quoted("costs 5$")
    with pytest.raises(ValueError, match="4096"):
        quoted("x" * 4095)


def test_pages_ask_for_nothing_from_elsewhere() -> None:
    page = document("title", "text", "404")
    assert "<script" not in page
    for outside in ("http:", "https:", "url(", "@import", "src=", "href="):
        assert outside not in page + STYLE
