"""What the rendered configuration means: who answers for which host and path, and by which colour."""

from __future__ import annotations

import re

import pytest

from bgd.domain.color import Color
from bgd.domain.nginx_config import NginxConfig, render
from bgd.domain.nginx_layout import MARKER_HOST, closed_files, gate_file, inside_ports, live_file
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes
from bgd.errors import InvalidInput
from tests.unit.nginx_blocks import parse
from tests.unit.nginx_sites import Sites

BLUE, GREEN = Color.BLUE, Color.GREEN


def app(
    name: str,
    live: Color | None = BLUE,
    *,
    hosts: tuple[str, ...] = (),
    path: str = "/",
    service: str = "web",
    green: Route | None = None,
) -> AppRoutes:
    route = Route(service, 3000, hosts, path)
    return AppRoutes(name, live, {BLUE: route, GREEN: green or route})


def test_the_public_gets_the_color_of_the_gate_and_the_preview_the_other() -> None:
    sites = Sites((app("shop"),))
    assert sites.public("any.example", "/x", green_on=False) == "http://shop-blue"
    assert sites.public("any.example", "/x", green_on=True) == "http://shop-green"
    assert sites.preview("any.example", "/x", green_on=False) == "http://shop-green"
    assert sites.preview("any.example", "/x", green_on=True) == "http://shop-blue"


@pytest.mark.parametrize("live", [BLUE, GREEN])
def test_the_gate_alone_chooses_the_color_whatever_the_table_says(live: Color) -> None:
    sites = Sites((app("shop", live),))
    assert sites.public("", "/", green_on=True) == "http://shop-green"
    assert sites.public("", "/", green_on=False) == "http://shop-blue"


def test_each_gate_is_one_test_so_that_no_request_sees_half_a_switch() -> None:
    sites = Sites((app("shop"), app("blog", hosts=("blog.example",))))
    for server in sites.http.all("server"):
        tested = [each.words[2].rstrip(")") for each in server.all("if") if each.words[1] == "(-f"]
        assert len(tested) == len(set(tested))
        asked = {test(name) for name in ("shop", "blog") for test in (gate_file, live_file)}
        if server.one("server_name") == MARKER_HOST:
            asked |= {*closed_files("shop"), *closed_files("blog")}
        assert set(tested) <= asked


def test_what_is_made_last_is_asked_for_first() -> None:
    sites = Sites((app("shop"), app("new", None, hosts=("new.example",))))
    for host, name in (("", "shop"), ("new.example", "new")):
        tested = [each.words[2].rstrip(")") for each in sites.at(8080, host).server.all("if")]
        assert tested == [live_file(name), gate_file(name)]


def test_both_colors_of_every_app_have_an_upstream_even_with_nothing_live() -> None:
    sites = Sites((app("shop"), app("new", None, hosts=("new.example",))))
    names = {each.words[1] for each in sites.http.all("upstream")}
    assert names == {"shop-blue", "shop-green", "new-blue", "new-green"}


def test_an_upstream_resolves_its_name_at_run_time_and_gives_no_container_up() -> None:
    sites = Sites((app("shop"),))
    upstream = sites.http.find("upstream", "shop-blue")
    assert upstream.one("server").split() == ["shop-blue-web:3000", "resolve", "max_fails=0"]
    assert upstream.all("zone")
    assert upstream.all("keepalive")


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/", "shop"),
        ("/api", "api"),
        ("/api/", "api"),
        ("/api/v1", "api"),
        ("/api/v2", "next"),
        ("/api/v2/x", "next"),
        ("/api/v20", "api"),
        ("/apix", "shop"),
        ("/api.html", "shop"),
    ],
)
def test_a_path_is_itself_and_what_is_below_it(path: str, owner: str) -> None:
    sites = Sites((app("shop"), app("api", path="/api"), app("next", path="/api/v2")))
    assert sites.public("any", path) == f"http://{owner}-blue"
    assert sites.preview("any", path) == f"http://{owner}-green"


def test_a_path_is_passed_on_as_it_came() -> None:
    sites = Sites((app("api", path="/api"),))
    targets = [each.words[1] for each in sites.http.deep() if each.name == "proxy_pass"]
    assert targets
    assert all(re.fullmatch(r"http://[^/]+", target) for target in targets)


def test_apps_without_hosts_get_the_hosts_that_nobody_has() -> None:
    sites = Sites((app("rest"), app("shop", hosts=("shop.example", "*.shop.example"))))
    assert sites.public("shop.example", "/") == "http://shop-blue"
    assert sites.public("a.shop.example", "/") == "http://shop-blue"
    assert sites.public("other.example", "/") == "http://rest-blue"
    assert sites.public("", "/") == "http://rest-blue"


def test_a_host_belongs_to_its_apps_alone_on_all_its_paths() -> None:
    sites = Sites((app("rest"), app("api", hosts=("x.example",), path="/api")))
    assert sites.public("x.example", "/") == "404"


def test_unknown_hosts_get_a_404_even_without_any_app() -> None:
    assert Sites(()).public("nobody.example", "/x") == "404"
    assert Sites(()).preview("nobody.example", "/x") == "404"


def test_an_app_with_nothing_live_answers_503_and_shows_blue_in_the_preview() -> None:
    sites = Sites((app("new", None),))
    assert sites.public("", "/", live_on=False) == "503absent"
    assert sites.public("", "/", green_on=True, live_on=False) == "503absent"
    assert sites.preview("", "/", green_on=True) == "http://new-blue"
    assert sites.preview("", "/", green_on=False) == "http://new-blue"


@pytest.mark.parametrize("live", [None, BLUE, GREEN])
def test_the_gate_alone_says_whether_anything_is_live(live: Color | None) -> None:
    sites = Sites((app("shop", live),))
    assert sites.public("", "/x", live_on=True) == "http://shop-blue"
    assert sites.public("", "/x", live_on=False) == "503absent"


@pytest.mark.parametrize("why", ["pause", "maintenance"])
def test_closed_doors_close_the_public_and_leave_the_preview(why: str) -> None:
    sites = Sites((app("shop", GREEN),))
    assert sites.public("", "/x", green_on=True, closed=why) == f"503{why}"
    assert sites.preview("", "/x", green_on=True, closed=why) == "http://shop-blue"


def test_the_preview_shows_the_color_that_is_asked_for_and_the_public_does_not() -> None:
    sites = Sites((app("shop", GREEN), app("new", None, hosts=("new.example",))))
    assert sites.preview("", "/", green_on=True, asks="green") == "http://shop-green"
    assert sites.preview("", "/", green_on=True, asks="blue") == "http://shop-blue"
    assert sites.preview("", "/", green_on=True, asks="red") == "http://shop-blue"
    assert sites.preview("new.example", "/", asks="green") == "http://new-blue"
    public = [each.words for each in sites.at(8080).server.deep() if each.name == "if"]
    assert not [words for words in public if "bgd_color" in words[1]]


def test_each_listener_has_the_hosts_and_paths_of_the_releases_it_shows() -> None:
    moved = Route("front", 8000, ("new.example",), "/new")
    sites = Sites((app("shop", BLUE, hosts=("old.example",), green=moved),))
    assert sites.public("old.example", "/") == "http://shop-blue"
    assert sites.public("new.example", "/new") == "404"
    assert sites.preview("new.example", "/new") == "http://shop-green"
    assert sites.preview("old.example", "/", asks="blue") == "http://shop-blue"
    assert sites.http.find("upstream", "shop-green").one("server").startswith("shop-green-front:8000")


def test_the_app_s_own_containers_find_its_preview_on_any_host() -> None:
    table = (app("shop", hosts=("shop.example", "*.shop.example")), app("rest"))
    sites = Sites(table)
    ports = inside_ports(["shop", "rest"])
    assert sites.at(ports["shop"], "bgd-preview").answer("/", green_on=False) == "http://shop-green"
    assert sites.at(ports["rest"], "bgd-preview").answer("/", green_on=False) == "http://rest-green"
    hosts = sites.http.find("map", "$server_port", "$bgd_inside_host")
    # The app knows itself by its own name; one without hosts takes any.
    assert hosts.one(str(ports["shop"])) == "shop.example"
    assert not hosts.all(str(ports["rest"]))


def test_inside_ports_are_all_different_and_keep_when_other_apps_come() -> None:
    few = inside_ports([f"app{number}" for number in range(20)])
    many = inside_ports([f"app{number}" for number in range(300)])
    assert len(set(many.values())) == 300
    assert sum(few[name] != many[name] for name in few) <= 2


def test_the_marker_tells_color_generation_and_worker_of_each_app() -> None:
    table = (app("shop"), app("blog-x", hosts=("b.example",)))
    config = render(table)
    sites = Sites(table)
    marker = sites.at(8081, MARKER_HOST).server
    for name, variable in (("shop", "$bgd_color_shop"), ("blog-x", "$bgd_color_blog_dx")):
        place = marker.find("location", "=", f"/{name}")
        doors = variable.replace("color", "live")
        assert place.one("return") == rf"200 {variable} {config.generation} $pid {doors}\n"


def test_the_generation_is_the_table_s_and_is_read_back_from_the_file() -> None:
    table = (app("shop"),)
    assert render(table) == render(table)
    assert NginxConfig.read(render(table).text) == render(table)
    others = [(app("shop", GREEN),), (app("shop", service="api"),), (app("shop", path="/x"),), ()]
    assert len({render(other).generation for other in [table, *others]}) == 5


def test_a_foreign_file_has_no_generation_that_nginx_could_serve() -> None:
    assert NginxConfig.read("events {}").generation == "0" * 12


def test_a_switch_changes_the_file_so_that_the_reload_after_it_drains() -> None:
    assert render((app("shop", BLUE),)).text != render((app("shop", GREEN),)).text


def test_the_order_of_the_apps_changes_nothing() -> None:
    one, two = app("one", hosts=("1.example",)), app("two", hosts=("2.example",))
    assert render((one, two)) == render((two, one))


def test_every_path_in_the_file_is_absolute() -> None:
    main = parse(render((app("shop"),)).text)
    for each in main.deep():
        if each.name.endswith("_temp_path") or each.name == "pid":
            assert each.words[1].startswith("/")
        assert each.name != "include"


def test_what_clients_say_about_where_they_come_from_is_replaced() -> None:
    http = Sites(()).http
    set_headers = {each.words[1]: each.words[2] for each in http.all("proxy_set_header")}
    for name in ("X-Forwarded-For", "X-Real-IP"):
        assert set_headers[name] == "$remote_addr"
    for name in (
        "Forwarded",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
    ):
        assert "$proxy_add" not in set_headers[name]
        assert f"$http_{name.lower().replace('-', '_')}" not in set_headers[name]
    # A location or server that sets one header of its own would lose all of these.
    below = [each for child in http.children for each in child.deep() if each.name == "proxy_set_header"]
    assert len(below) == len(set_headers)


def test_nothing_of_a_request_is_buffered_or_sent_twice() -> None:
    http = Sites(()).http
    assert http.one("proxy_buffering") == "off"
    # Unbuffered bodies also keep nginx from repeating what was sent: see the comment in the file.
    assert http.one("proxy_request_buffering") == "off"
    assert http.one("proxy_next_upstream") == "error timeout"
    assert http.one("client_max_body_size") == "0"
    assert http.one("proxy_intercept_errors") == "off"


def test_open_file_cache_is_never_on_as_it_would_blind_the_gate() -> None:
    assert not [each for each in parse(render((app("a"),)).text).deep() if each.name == "open_file_cache"]


@pytest.mark.parametrize(
    ("one", "two", "place"),
    [
        (app("a"), app("b"), "every host nobody else has, /"),
        (app("a", path="/x"), app("b", path="/x"), "every host nobody else has, /x"),
        (app("a", hosts=("x.example", "y.example")), app("b", hosts=("y.example",)), "y.example/"),
    ],
)
def test_two_apps_on_one_host_and_path_are_refused_by_name(
    one: AppRoutes, two: AppRoutes, place: str
) -> None:
    with pytest.raises(InvalidInput, match=f"both a and b want {place}"):
        render((one, two))


def test_a_place_that_only_an_idle_color_has_is_taken_too() -> None:
    waiting = app("b", hosts=("b.example",), green=Route("web", 3000, ("a.example",)))
    with pytest.raises(InvalidInput, match=r"both a and b want a\.example/"):
        render((app("a", hosts=("a.example",)), waiting))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (app("shop", hosts=("1.example",), service="green-web"), app("shop-green", hosts=("2.example",))),
        (app("shop", hosts=("1.example",)), app("evil", hosts=("2.example",), service="shop-blue-web")),
        (app("shop", hosts=("1.example",)), app("evil", hosts=("2.example",), service="SHOP-blue-web")),
    ],
)
def test_fronts_that_the_dns_couldn_t_tell_apart_are_refused(one: AppRoutes, two: AppRoutes) -> None:
    with pytest.raises(InvalidInput, match="on the proxy's network"):
        render((one, two))


def test_an_nginx_without_resolve_finds_both_colors_by_names_in_variables() -> None:
    table = (app("shop"), app("new", None, hosts=("new.example",)))
    text = render(table, version=(1, 27, 2)).text
    assert "upstream" not in {block.name for block in parse(text).all("http")[0].children}
    assert "keepalive_min_timeout" not in text
    (http,) = parse(text).all("http")
    places = {each.words[2]: each.children for each in http.all("map")}
    assert [line.words for line in places["$bgd_at_shop"]][1:] == [
        ["blue", "shop-blue-web:3000"],
        ["green", "shop-green-web:3000"],
    ]
    # No name outside a variable: nginx would not start while it can't be resolved.
    targets = [line for line in text.splitlines() if "proxy_pass http" in line]
    assert targets
    assert all("$" in target for target in targets)


@pytest.mark.parametrize("version", [None, (1, 27, 4), (1, 30, 0)])
def test_a_new_nginx_gets_all_that_it_knows(version: tuple[int, int, int] | None) -> None:
    assert render((app("shop"),), version=version) == render((app("shop"),))
    assert "keepalive_min_timeout" in render((app("shop"),)).text


def test_between_the_two_versions_only_reloads_are_less_gentle() -> None:
    text = render((app("shop"),), version=(1, 27, 3)).text
    assert "keepalive_min_timeout" not in text
    assert " resolve " in text
