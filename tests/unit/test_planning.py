"""The plan as a whole: the route, what is rewritten, what is warned of, what is asked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bgd.adapters.yaml_source import load
from bgd.domain.host import Host, LocalImage
from bgd.domain.plan import Caution, Plan, plan_json
from bgd.domain.planning import plan
from bgd.domain.settings import HealthCheck, HttpSmoke, Role, Route, RouteWish, Settings

CAREFUL = Settings(health=HealthCheck("/up", stated=True), smoke=(HttpSmoke("GET", "/up"),))
"""Settings that leave nothing to warn of."""
PORT_80 = "ports: [{target: 80, published: '8080', protocol: tcp}]"


def planned(services: str, settings: Settings = CAREFUL, **more: Any) -> Plan:
    """The plan for services written as YAML, in a resolved model's forms."""
    return plan({"name": "shop", "services": load(services)}, settings, "shop", **more)


def cautions(services: str, settings: Settings = CAREFUL) -> dict[str, Caution]:
    """The warnings for them, by code."""
    return {caution.code: caution for caution in planned(services, settings).warnings}


def test_a_clear_file_has_a_route_and_no_questions() -> None:
    made = planned(f"web: {{image: 'shop:1', {PORT_80}}}\ndb: {{image: 'postgres:16'}}")
    assert made.route == Route("web", 80)
    assert made.questions == ()
    assert made.warnings == ()
    assert made.services(Role.COLORED, Role.SHARED) == ("web", "db")
    assert made.roles["web"].reason.startswith("it takes the requests: it publishes port 80")


def test_the_wish_goes_before_what_is_inferred() -> None:
    wish = RouteWish("api", 9000, ("shop.example.com",), "/api")
    made = planned(f"web: {{image: 'a:1', {PORT_80}}}\napi: {{image: 'b:1'}}", replace(CAREFUL, route=wish))
    assert made.route == Route("api", 9000, ("shop.example.com",), "/api")


def test_hosts_and_path_of_the_wish_stay_where_service_and_port_are_inferred() -> None:
    settings = replace(CAREFUL, route=RouteWish(hosts=("a.example.com",), path="/a"))
    assert planned(f"web: {{image: 'a:1', {PORT_80}}}", settings).route == Route(
        "web", 80, ("a.example.com",), "/a"
    )


def test_a_close_call_is_a_question_with_the_key_and_the_choices() -> None:
    made = planned(f"vote: {{image: 'a:1', {PORT_80}}}\nresult: {{image: 'b:1', {PORT_80}}}")
    assert made.route is None
    (question,) = made.questions
    assert (question.key, question.choices) == ("route.service", ("vote", "result"))


def test_a_port_that_is_not_stated_is_a_question_or_the_image_s() -> None:
    (question,) = planned("web: {image: 'shop:1'}").questions
    assert (question.key, question.choices) == ("route.port", ())
    assert "web" in question.message
    assert planned("web: {image: 'shop:1'}", host=Host(images={"web": LocalImage((3000,))})).route == Route(
        "web", 3000
    )


def test_what_dockerfiles_start_from_counts() -> None:
    made = planned("web: {build: {}}\nstore: {build: {}}", built_from={"web": "nginx:1", "store": "redis"})
    assert made.route == Route("web", 80)
    assert made.roles["store"].role is Role.SHARED


def test_rewrites_name_the_ports_and_names_that_colours_do_not_get() -> None:
    made = planned(
        f"web: {{image: 'a:1', container_name: shop-web, {PORT_80}}}\n"
        f"worker: {{image: 'a:1', ports: [{{target: 9000, published: '9000', protocol: udp}}]}}\n"
        f"db: {{image: 'postgres:16', container_name: shop-db, {PORT_80}}}"
    )
    assert made.rewrites == (
        "web: port 8080→80 isn't published: requests come through nginx",
        "not published, as both colours would want the port: worker 9000/udp",
        "not named so, as both colours would be: shop-web",
    )


def test_a_file_without_checks_is_told_that_they_are_thin() -> None:
    assert cautions(f"web: {{image: 'a:1', {PORT_80}}}", Settings()).keys() == {
        "no-health",
        "thin-smoke",
    }


def test_a_health_check_of_the_service_or_of_its_image_is_one() -> None:
    own = f"web: {{image: 'a:1', {PORT_80}, healthcheck: {{test: [CMD, curl, 'http://localhost/healthz']}}}}"
    assert cautions(own, Settings()).keys() == {"thin-smoke"}
    assert "{get: /healthz, " in cautions(own, Settings())["thin-smoke"].fix
    host = Host(images={"web": LocalImage(is_checked=True)})
    made = planned(f"web: {{image: 'a:1', {PORT_80}}}", Settings(), host=host)
    assert [caution.code for caution in made.warnings] == ["thin-smoke"]


@pytest.mark.parametrize(
    ("services", "code", "service"),
    [
        (
            f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: volume, target: /data}}]}}",
            "local-data",
            "web",
        ),
        (
            f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: bind, target: /h/.app}}]}}",
            "local-data",
            "web",
        ),
        (
            f"web: {{image: 'a:1', {PORT_80}, command: [sh, -c, alembic upgrade head && uvicorn a]}}",
            "boot-migration",
            "web",
        ),
        (
            f"web: {{image: 'a:1', {PORT_80}}}\n"
            "side: {image: 'b:1', ports: [{target: 25, published: '25'}]}",
            "closed-port",
            "side",
        ),
        (
            f"web: {{image: 'a:1', {PORT_80}}}\n"
            "api: {image: 'b:1', ports: [{target: 8000, published: '8000', protocol: tcp}]}",
            "second-front",
            "api",
        ),
        (
            "web: {image: 'a:1', ports: [{target: 80, published: '80', protocol: tcp},"
            " {target: 443, published: '443', protocol: tcp}]}",
            "tls-port",
            "web",
        ),
        (f"edge: {{image: 'traefik:v3.1'}}\nweb: {{image: 'a:1', {PORT_80}}}", "own-proxy", "edge"),
        (f"web: {{image: 'a:1', {PORT_80}, stop_grace_period: 5s}}", "short-grace", "web"),
        (f"web: {{image: 'a:1', {PORT_80}, environment: {{RUN_MIGRATIONS: '1'}}}}", "boot-migration", "web"),
        (
            f"web: {{image: 'a:1', {PORT_80}}}\n"
            "db: {image: 'postgres:16', depends_on: {init: {}}}\ninit: {image: 'a:1', command: migrate}",
            "order",
            "db",
        ),
        (
            f"web: {{image: 'a:1', {PORT_80}}}\nseed: {{image: 'a:1', depends_on: {{web: {{}}}}}}",
            "order",
            "seed",
        ),
        (f"web: {{image: 'a:1', {PORT_80}, environment: {{VIRTUAL_HOST: a.b}}}}", "outside-proxy", "web"),
        (f"web: {{image: 'a:1', {PORT_80}, labels: {{caddy: a.b}}}}", "outside-proxy", "web"),
        (
            f"web: {{image: 'a:1', {PORT_80}, environment: {{UPLOAD_DIR: /app/uploads}}}}",
            "lost-uploads",
            "web",
        ),
        (f"web: {{image: 'a:1', {PORT_80}, environment: {{SESSION_DRIVER: file}}}}", "lost-sessions", "web"),
        (f"web: {{image: a, {PORT_80}}}", "moving-tag", "web"),
        (f"web: {{image: 'a:3.2-stable', {PORT_80}}}", "moving-tag", "web"),
        (
            f"web: {{image: 'a:1', {PORT_80}}}\ndb: {{image: 'postgres:16', depends_on: {{web: {{}}}}}}",
            "order",
            "db",
        ),
    ],
)
def test_what_will_hurt_is_warned_of_with_its_fix(services: str, code: str, service: str) -> None:
    found = cautions(services)
    assert found.keys() == {code}
    assert found[code].service == service
    for snippet in re.findall(r"`(x-bgd[^`]*)`", found[code].fix):
        assert snippet == "x-bgd.route.hosts" or isinstance(load(snippet)["x-bgd"], dict)


@pytest.mark.parametrize(
    "services",
    [
        f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: volume, target: /}}]}}\ndb: {{image: 'mysql:8'}}",
        f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: volume, target: /d, read_only: true}}]}}",
        f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: bind, target: /etc/app}}]}}",
        f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: bind, source: /a, target: /app/a.conf}}]}}",
        f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: tmpfs, target: /data}}]}}",
        f"web: {{image: 'a:1', {PORT_80}, stop_grace_period: 1m}}",
        f"web: {{image: 'a@sha256:0123', {PORT_80}}}",
        f"web: {{image: 'a:1', {PORT_80}}}\ncache: {{image: redis}}",
        f"web: {{image: 'a:1', {PORT_80}, environment: {{SKIP_MIGRATIONS: 'true', MIGRATE_LIMIT: '5'}}}}",
        f"web: {{image: 'a:1', {PORT_80}, environment: {{SESSION_DRIVER: redis}}}}",
        f"web: {{image: 'a:1', {PORT_80}, environment: {{MEDIA_PATH: /media/, UPLOAD_DIR: /tmp/up}}}}",
        f"web: {{image: 'a:1', {PORT_80}, tmpfs: [/app/up], environment: {{UPLOAD_DIR: /app/up}}}}",
        f"web: {{image: 'a:1', {PORT_80}, labels: {{traefik.enable: 'false'}}}}",
        f"web: {{image: a, build: {{}}, {PORT_80}}}",
    ],
)
def test_what_is_fine_is_not_warned_of(services: str) -> None:
    assert cautions(services) == {}


def test_a_cache_is_no_database_for_data_on_the_front_s_disk() -> None:
    services = (
        f"web: {{image: 'a:1', {PORT_80}, volumes: [{{type: volume, target: /d}}]}}\nc: {{image: 'redis:7'}}"
    )
    assert "local-data" in cautions(services)


def test_moving_tags_are_told_together_with_what_a_rollback_uses() -> None:
    (caution,) = planned(f"web: {{image: a, {PORT_80}}}\nworker: {{image: 'b:latest'}}").warnings
    assert caution.service is None
    assert "web (no tag), worker (latest)" in caution.message
    assert "the digest is recorded" in caution.message


def test_a_variable_that_all_services_have_from_one_file_is_told_of_once() -> None:
    both = "environment: {RUN_MIGRATIONS: 'true'}"
    services = f"web: {{image: 'a:1', {PORT_80}, {both}}}\nworker: {{image: 'a:1', {both}}}"
    assert [caution.service for caution in planned(services).warnings] == ["web"]


def test_doors_that_close_are_told_together() -> None:
    more = "".join(
        f"\n{name}: {{image: 'b:1', ports: [{{target: {port}, published: '{port}', protocol: tcp}}]}}"
        for name, port in (("api", 8000), ("cable", 8001), ("smtp", 25), ("ftp", 21))
    )
    found = cautions(f"web: {{image: 'a:1', {PORT_80}}}{more}")
    assert found["second-front"].service is None
    assert "api on port 8000, cable on port 8001" in found["second-front"].message
    assert found["closed-port"].message.startswith("smtp on port 25, ftp on port 21 aren't reachable")


def test_the_hosts_that_the_app_s_own_proxy_served_are_in_the_fix() -> None:
    labels = "{traefik.http.routers.a.rule: 'Host(`a.example.com`) || Host(`b.example.com`)'}"
    found = cautions(f"edge: {{image: 'traefik:v3.1'}}\nweb: {{image: 'a:1', {PORT_80}, labels: {labels}}}")
    assert "`x-bgd: {route: {hosts: [a.example.com, b.example.com]}}`" in found["own-proxy"].fix


def test_an_upload_directory_on_a_volume_is_fine() -> None:
    services = (
        f"web: {{image: 'a:1', {PORT_80}, environment: {{UPLOAD_DIR: /app/up/x}},"
        " volumes: [{type: volume, source: up, target: /app/up}]}\ndb: {image: 'postgres:16'}"
    )
    assert cautions(services) == {}


@pytest.mark.parametrize(
    ("limit", "machine_gib", "is_told"),
    [
        ("mem_limit: '3221225472'", 7, True),
        ("mem_limit: '3221225472'", 16, False),
        ("mem_limit: '3221225472'", 4, False),  # one copy doesn't fit either: the author knows
        ("deploy: {resources: {limits: {memory: '3221225472'}}}", 7, True),
        ("deploy: {resources: {reservations: {memory: '3221225472'}}}", 7, True),
        ("deploy: {replicas: 3, resources: {limits: {memory: '1073741824'}}}", 7, True),
        ("restart: always", 1, False),
    ],
)
def test_two_colours_that_the_memory_does_not_hold_are_told(
    limit: str, machine_gib: int, is_told: bool
) -> None:
    services = (
        f"web: {{image: 'a:1', {PORT_80}, {limit}}}\ndb: {{image: 'postgres:16', mem_limit: '2147483648'}}"
    )
    host = Host(memory_bytes=machine_gib * 2**30)
    told = planned(services, host=host).warnings
    assert [caution.code for caution in told] == ["memory"] * is_told
    if is_told:
        assert "may use 8 GiB by their limits, and the machine has 7 GiB" in told[0].message
        assert "web (3 GiB) run twice" in told[0].message
    assert planned(services).warnings == ()


@pytest.mark.parametrize(("free_gib", "is_told"), [(1, True), (3, False)])
def test_a_disk_without_room_for_another_release_is_told(free_gib: int, is_told: bool) -> None:
    image = LocalImage(size_bytes=2 * 2**30)
    host = Host(free_disk_bytes=free_gib * 2**30, images={"web": image, "worker": image, "db": image})
    services = f"web: {{image: 'a:1', {PORT_80}}}\nworker: {{image: 'a:1'}}\ndb: {{image: 'postgres:16'}}"
    assert [caution.code for caution in planned(services, host=host).warnings] == ["disk"] * is_told


def test_a_service_on_an_external_network_loses_its_name_there() -> None:
    services = load(
        f"web: {{image: 'a:1', {PORT_80}, networks: {{edge: null, default: null}}}}\nside: {{image: 'b:1'}}"
    )
    model = {"services": services, "networks": {"edge": {"external": True, "name": "proxy-net"}}}
    (caution,) = plan(model, CAREFUL, "shop").warnings
    assert (caution.code, caution.service) == ("outside-name", "web")
    assert "proxy-net" in caution.message


def test_the_check_document_has_the_contract_s_keys() -> None:
    services = f"web: {{image: 'a:1', {PORT_80}}}\ndb: {{image: postgres}}"
    document = json.loads(json.dumps(plan_json(planned(services, Settings(route=RouteWish(hosts=("a.b",)))))))
    assert document["app"] == "shop"
    assert document["route"] == {"service": "web", "port": 80, "hosts": ["a.b"], "path": "/"}
    assert document["services"]["db"] == {"role": "shared", "reason": "its image is postgres, a database"}
    assert document["warnings"][0].keys() == {"code", "service", "message", "fix"}
    assert document["questions"] == []
    asked = plan_json(planned("web: {image: a}"))
    assert asked["route"] is None
    assert asked["questions"][0].keys() == {"key", "message", "choices"}
