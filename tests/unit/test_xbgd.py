"""The `x-bgd` block: what it may say, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters.xbgd import read_settings
from bgd.adapters.yaml_source import Source, load
from bgd.domain.hook import Hook
from bgd.domain.settings import (
    Bake,
    HealthCheck,
    HttpSmoke,
    Promote,
    Role,
    RouteWish,
    RunSmoke,
    Settings,
    Shift,
)
from bgd.errors import InvalidInput
from tests.unit.xbgd_block import SERVICES, refusal, settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the Compose file of a test is."""
    return tmp_path / "compose.yaml"


def test_the_whole_block_of_the_contract_is_read(file: Path) -> None:
    given = settings(
        file,
        """\
app: shop
route: {service: web, port: 3000, hosts: [Shop.example.com, "*.shop.example.com"], path: /up/}
roles: {worker: live-only, db: shared}
health: {path: /up, interval: 500ms, timeout: 2s, within: 1m30s}
smoke:
  - get: /up
    status: 200
    contains: ok
    within: 500ms
  - run: [python, smoke.py]
    service: web
promote: manual
bake: {for: 30s, max_error_rate: 1%, min_requests: 20}
drain: 10s
keep: 1h
watch: true
overlap: false
hooks: {before_start: [[./backup, now]], after_switch: ["echo done"]}""",
    )
    assert given.app == "shop"
    assert given.route == RouteWish("web", 3000, ("shop.example.com", "*.shop.example.com"), "/up")
    assert given.roles == {"worker": Role.LIVE_ONLY, "db": Role.SHARED}
    assert given.health == HealthCheck("/up", 0.5, 2.0, 90.0, stated=True)
    assert given.smoke == (
        HttpSmoke("GET", "/up", status=(200,), contains="ok", within_s=0.5),
        RunSmoke(("python", "smoke.py"), "web"),
    )
    assert given.promote is Promote.MANUAL
    assert given.bake == Bake(30.0, 0.01, 20)
    assert (given.drain_s, given.keep_s, given.watch, given.overlap) == (10.0, 3600.0, True, False)
    assert given.hooks.before_start == (Hook(("./backup", "now")),)
    assert given.hooks.after_switch == (Hook(("/bin/sh", "-c", "echo done")),)


def test_an_empty_block_and_none_at_all_are_the_defaults(file: Path) -> None:
    file.write_text(SERVICES + "x-bgd:\n")
    assert read_settings(load(file.read_text()), [Source.read(file)]) == Settings()
    assert read_settings({"services": {}}, [Source.read(file)]) == Settings()


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_each_method_has_a_verb(file: Path, verb: str) -> None:
    (check,) = settings(file, f"smoke: [{{{verb}: /up}}]").smoke
    assert isinstance(check, HttpSmoke)
    assert (check.method, check.path, check.status) == (verb.upper(), "/up", ())


def test_a_smoke_request_may_have_headers_a_body_and_several_expectations(file: Path) -> None:
    (check,) = settings(
        file,
        """\
smoke:
  - post: /login?next=/
    headers: {X-Token: abc, X-Count: 3}
    body: {user: ada}
    status: [200, 302]
    matches: ^wel+come
    json: {user.name: ada, items.0: 1, ok: true}""",
    ).smoke
    assert isinstance(check, HttpSmoke)
    assert check.headers == {"X-Token": "abc", "X-Count": "3", "Content-Type": "application/json"}
    assert check.body == '{"user": "ada"}'
    assert check.status == (200, 302)
    assert check.matches == "^wel+come"
    assert check.json == {"user.name": "ada", "items.0": 1, "ok": True}


def test_a_body_of_text_is_sent_as_it_stands_and_a_stated_content_type_stays(file: Path) -> None:
    text, stated = settings(
        file,
        'smoke: [{put: /a, body: "x=1"}, {put: /a, body: [1], headers: {content-type: application/vnd.api}}]',
    ).smoke
    assert isinstance(text, HttpSmoke)
    assert isinstance(stated, HttpSmoke)
    assert (text.body, text.headers) == ("x=1", {})
    assert (stated.body, stated.headers) == ("[1]", {"content-type": "application/vnd.api"})


def test_a_command_may_be_a_line_for_the_shell(file: Path) -> None:
    line, words = settings(file, 'smoke: [{run: "curl -f $BGD_URL"}, {run: [sleep, 1], within: 5s}]').smoke
    assert line == RunSmoke(("/bin/sh", "-c", "curl -f $BGD_URL"))
    assert words == RunSmoke(("sleep", "1"), None, 5.0)


@pytest.mark.parametrize(("text", "keep_s"), [("always", None), ("0s", 0.0), ("0", 0.0), ("1h", 3600.0)])
def test_keep_is_a_duration_or_always(file: Path, text: str, keep_s: float | None) -> None:
    assert settings(file, f"keep: {text}").keep_s == keep_s


def test_numbers_and_booleans_that_came_through_a_variable_are_text_and_count(file: Path) -> None:
    given = settings(file, 'route: {port: "3000"}\nwatch: "true"\nsmoke: [{get: /, status: "204"}]')
    assert given.route.port == 3000
    assert given.watch is True
    assert isinstance(given.smoke[0], HttpSmoke)
    assert given.smoke[0].status == (204,)


def test_dollars_that_compose_escaped_are_dollars_again(file: Path) -> None:
    (check,) = settings(file, "smoke: [{get: /, matches: ok$$}]").smoke
    assert isinstance(check, HttpSmoke)
    assert check.matches == "ok$"


def test_anchors_and_merge_keys_work_and_places_follow_them(file: Path) -> None:
    file.write_text(
        SERVICES + "x-base: &base\n  drain: 5s\n  keep: soon\nx-bgd:\n  <<: *base\n  watch: true\n"
    )
    with pytest.raises(InvalidInput) as caught:
        read_settings(load(file.read_text()), [Source.read(file)])
    assert caught.value.place == f"{file}:7:9"


@pytest.mark.parametrize(
    ("block", "shift"),
    [
        ("shift: [5%, 25%, 100%]", Shift((5, 25, 100), 60.0)),
        ("shift: ['5 %', 100%]", Shift((5, 100), 60.0)),
        ("shift: {steps: [50%, 100%], pause: 2m}", Shift((50, 100), 120.0)),
        ("shift: 100%", Shift((100,), 60.0)),
        ("drain: 5s", None),
    ],
)
def test_a_shift_is_a_list_of_steps_or_has_a_pause_too(file: Path, block: str, shift: Shift | None) -> None:
    assert settings(file, block).shift == shift


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("rout: {}", "6:3: x-bgd.rout: unknown key: did you mean route?"),
        ("route: {prot: 1}", "6:11: x-bgd.route.prot: unknown key: did you mean port?"),
        ("health: {every: 1s}", "6:12: x-bgd.health.every: unknown key: known are path, interval"),
        ("bake: {for: 1s, rate: 1}", "6:19: x-bgd.bake.rate: unknown key"),
        ("hooks: {before: []}", "6:11: x-bgd.hooks.before: unknown key: did you mean before_start?"),
        ("smoke: [{get: /, jsn: {a: 1}}]", "6:20: x-bgd.smoke.0.jsn: unknown key: did you mean json?"),
        ("bake: {}", "6:3: x-bgd.bake.for: is missing"),
        ("route: web", "6:10: x-bgd.route: needs keys and values"),
        ("route:", "6:9: x-bgd.route: needs keys and values"),
        ("smoke: {get: /up}", "6:10: x-bgd.smoke: needs a list"),
        ("route: {port: 0}", "6:17: x-bgd.route.port: 0 is not a port: it goes from 1 to 65535"),
        ("route: {port: 70000}", "6:17: x-bgd.route.port: 70000 is not a port"),
        ("route: {port: http}", "6:17: x-bgd.route.port: needs a port"),
        ("route: {port: 80.5}", "6:17: x-bgd.route.port: needs a port"),
        ("route: {service: 7}", '6:20: x-bgd.route.service: needs text: write "7"'),
        ("route: {hosts: a.example.com}", "6:18: x-bgd.route.hosts: needs a list"),
        ("route: {hosts: [a.b, 'a b']}", "6:24: x-bgd.route.hosts.1: 'a b' is no host name"),
        ("route: {hosts: ['https://a.b']}", "6:19: x-bgd.route.hosts.0: 'https://a.b' is a URL"),
        ("route: {hosts: ['a.b:80']}", "6:19: x-bgd.route.hosts.0: 'a.b:80' has a port"),
        ("route: {hosts: ['a.*.b']}", "6:19: x-bgd.route.hosts.0: 'a.*.b' is no host name"),
        ("route: {hosts: ['exämple.com']}", "6:19: x-bgd.route.hosts.0: 'exämple.com' isn't ASCII"),
        ("route: {path: shop}", "6:17: x-bgd.route.path: 'shop' doesn't begin with /"),
        ("route: {path: '/a b'}", "6:17: x-bgd.route.path: '/a b' can't be routed by"),
        ("route: {path: /a/../b}", "6:17: x-bgd.route.path: '/a/../b' can't be routed by"),
        ("route: {path: '/a;b{}'}", "6:17: x-bgd.route.path: '/a;b{}' can't be routed by"),
        ("roles: {db: share}", "6:15: x-bgd.roles.db: 'share' is no role: did you mean shared?"),
        ("roles: {bd: shared}", "6:11: x-bgd.roles.bd: there is no service 'bd': did you mean db?"),
        ("route: {service: wbe}", "6:20: x-bgd.route.service: there is no service 'wbe': did you mean web?"),
        (
            "smoke: [{run: a, service: api}]",
            "6:29: x-bgd.smoke.0.service: there is no service 'api': known are web, worker, db",
        ),
        ("health: {path: up}", "6:18: x-bgd.health.path: 'up' doesn't begin with /"),
        ("health: {interval: 0s}", "6:22: x-bgd.health.interval: is 0"),
        ("health: {timeout: -1s}", "6:21: x-bgd.health.timeout: '-1s' is negative"),
        ("health: {within: 60}", "6:20: x-bgd.health.within: '60' has no unit: write 60s"),
        ("drain: 61m", "6:10: x-bgd.drain: '61m' is longer than 1h"),
        ("drain: -1s", "6:10: x-bgd.drain: '-1s' is negative"),
        (
            "keep: ever",
            "6:9: x-bgd.keep: 'ever' is no duration: write it like 30s, 500ms or 1m30s, or `always`",
        ),
        ("promote: later", "6:12: x-bgd.promote: 'later' is neither auto nor manual"),
        ("watch: yes", "6:10: x-bgd.watch: needs true or false"),
        ("app: My App", "6:8: x-bgd.app: 'My App' can't name an app"),
        (f"app: {'a' * 41}", "6:8: x-bgd.app: "),
        ("bake: {for: 0s}", "6:15: x-bgd.bake.for: is 0"),
        ("shift: [5%, half, 100%]", "6:15: x-bgd.shift.1: 'half' is no share of the visitors"),
        ("shift: {steps: [0%, 100%]}", "6:19: x-bgd.shift.steps.0: '0%' is no share of the visitors"),
        ("shift: [2.5%, 100%]", "6:11: x-bgd.shift.0: '2.5%' is no share of the visitors"),
        ("shift: [5%, 101%]", "6:15: x-bgd.shift.1: '101%' is no share of the visitors"),
        ("shift: [5, 100%]", "6:11: x-bgd.shift.0: 5 is no share of the visitors: write whole percents"),
        ("shift: [25%, 5%, 100%]", "6:10: x-bgd.shift: 5% comes after 25%: shares only grow"),
        ("shift: [5%, 5%, 100%]", "6:10: x-bgd.shift: 5% comes after 5%"),
        ("shift: [5%, 50%]", "6:10: x-bgd.shift: ends before all visitors have moved: let 100% be"),
        ("shift: 5%", "6:10: x-bgd.shift: ends before all visitors have moved"),
        ("shift: []", "6:10: x-bgd.shift: ends before all visitors have moved"),
        ("shift: {pause: 1m}", "6:3: x-bgd.shift.steps: is missing"),
        ("shift: {steps: [5%, 100%], pause: 0s}", "6:37: x-bgd.shift.pause: is 0"),
        ("shift: {steps: [5%, 100%], for: 1m}", "6:30: x-bgd.shift.for: unknown key: known are steps, pause"),
        ("shift: true", "6:10: x-bgd.shift: needs keys and values"),
        ("assets: /", "6:11: x-bgd.assets: '/' is the whole app"),
        ("assets: [/ok, static]", "6:17: x-bgd.assets.1: 'static' doesn't begin with /"),
        ("strict: maybe", "6:11: x-bgd.strict: needs true or false"),
        ("tasks: {web: {reversible: no}}", "6:17: x-bgd.tasks.web.reversible: unknown key"),
        ("tasks: {nobody: {irreversible: true}}", "6:11: x-bgd.tasks.nobody: there is no service 'nobody'"),
        ("sessions: {login: {post: /in}}", "6:3: x-bgd.sessions.check: is missing"),
        (
            "sessions: {login: {run: in}, check: {get: /me}}",
            "6:21: x-bgd.sessions.login: needs a request, like `post: /login`",
        ),
        (
            "sessions: {login: {post: /in, user: me}, check: {get: /me}}",
            "6:33: x-bgd.sessions.login.user: unknown key",
        ),
        ("bake: {for: 1s, max_p99: 0s}", "6:28: x-bgd.bake.max_p99: is 0"),
        ("bake: {for: 1s, max_slowdown: 1}", "6:33: x-bgd.bake.max_slowdown: needs a number above 1"),
        ("bake: {for: 1s, max_error_rate: 101%}", "6:35: x-bgd.bake.max_error_rate: '101%' is more than all"),
        (
            "bake: {for: 1s, min_requests: -1}",
            "6:33: x-bgd.bake.min_requests: -1 is not a number of requests",
        ),
        ("hooks: {before_start: [[]]}", "6:26: x-bgd.hooks.before_start.0: needs a command"),
        ("smoke: [{get: /, status: 99}]", "6:28: x-bgd.smoke.0.status: 99 is not an HTTP status"),
        ("smoke: [{get: /, status: [200, 99]}]", "6:34: x-bgd.smoke.0.status.1: 99 is not an HTTP status"),
        ("smoke: [{get: /, matches: '('}]", "6:29: x-bgd.smoke.0.matches: is no regular expression"),
        ("smoke: [{get: /, within: 0s}]", "6:28: x-bgd.smoke.0.within: is 0"),
        ("smoke: [{get: 'http://a/'}]", "6:17: x-bgd.smoke.0.get: 'http://a/' doesn't begin with /"),
        ("smoke: [{get: '/a b'}]", "6:17: x-bgd.smoke.0.get: '/a b' has a space"),
        ("smoke: [{get: null}]", "6:11: x-bgd.smoke.0: `get` needs a path"),
        (
            "smoke: [{get: /, headers: {'a b': c}}]",
            "6:30: x-bgd.smoke.0.headers.a b: 'a b' can't name a header",
        ),
        (
            'smoke: [{get: /, headers: {a: "b\\nc"}}]',
            "6:33: x-bgd.smoke.0.headers.a: a header's value is printable",
        ),
        ("smoke: [{status: 200}]", "6:11: x-bgd.smoke.0: says neither what to request nor what to run"),
        ("smoke: [{get: /, post: /}]", "6:11: x-bgd.smoke.0: has both `get` and `post`"),
        ("smoke: [{get: /, run: a}]", "6:11: x-bgd.smoke.0: has both `get` and `run`"),
        ("smoke: [{run: a, status: 200}]", "6:11: x-bgd.smoke.0: `status` means nothing beside `run`"),
        ("smoke: [{get: /, service: web}]", "6:11: x-bgd.smoke.0: `service` means nothing beside `get`"),
        ("smoke: [{get: /, json: {}}]", "6:26: x-bgd.smoke.0.json: expects nothing"),
        ("smoke: [{run: []}]", "6:17: x-bgd.smoke.0.run: needs a command"),
        ("smoke: [/up]", "6:11: x-bgd.smoke.0: needs keys and values"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_meant(file: Path, block: str, said: str) -> None:
    (line,) = refusal(file, block)
    assert line.startswith(said)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    lines = refusal(file, "watch: maybe\nroute: {port: 0}\nhealth:\n  path: up\nunknown: 1\napp: A")
    assert [line.split(" ")[0] for line in lines] == ["6:10:", "7:17:", "9:11:", "10:3:", "11:8:"]


def test_the_block_must_be_keys_and_values(file: Path) -> None:
    file.write_text(SERVICES + "x-bgd: shop\n")
    with pytest.raises(InvalidInput, match="needs keys and values") as caught:
        read_settings(load(file.read_text()), [Source.read(file)])
    assert caught.value.place == f"{file}:5:8"


def test_values_that_may_be_secret_are_never_echoed(file: Path) -> None:
    (line,) = refusal(file, 'smoke: [{get: /, headers: {Authorization: "Bearer hunter2\\u0000"}}]')
    assert "hunter2" not in line


def test_a_service_of_an_inactive_profile_is_told_apart_from_one_that_is_not_there(file: Path) -> None:
    services = "services:\n  web: {image: shop}\n  debug: {image: shop, profiles: [dev]}\n"
    file.write_text(services + "x-bgd: {roles: {debug: shared}}\n")
    with pytest.raises(InvalidInput, match="in a profile that isn't active") as caught:
        read_settings({"services": {"web": {}}, "x-bgd": {"roles": {"debug": "shared"}}}, [Source.read(file)])
    assert caught.value.place == f"{file}:4:17"
