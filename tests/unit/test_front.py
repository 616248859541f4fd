"""Which service takes the requests, and on which port; and when that is asked."""

from __future__ import annotations

import pytest

from bgd.adapters.yaml_source import load
from bgd.domain.front import Front, find_front
from bgd.domain.listening import Listening, find_port
from bgd.domain.roles import infer_roles
from bgd.domain.service import services_of
from bgd.domain.settings import Settings


def port(container: int, host: int | None = None, protocol: str = "tcp") -> str:
    """A published port in a resolved model's form."""
    return f"{{target: {container}, published: '{host or container}', protocol: {protocol}}}"


def front(services: str, app: str = "shop") -> Front:
    """The front of services written as YAML."""
    model = services_of({"services": load(services)})
    return find_front(app, model, infer_roles(model, Settings()))


def listening(body: str, *image_ports: int, **others: str) -> Listening:
    """Where a service `web` of this body listens."""
    text = f"web: {body}\n" + "".join(f"{name}: {other}\n" for name, other in others.items())
    model = services_of({"services": load(text)})
    return find_port(model["web"], model, image_ports)


@pytest.mark.parametrize(
    ("services", "name"),
    [
        ("one: {image: acme/one}", "one"),
        (f"web: {{ports: [{port(80)}]}}\ndb: {{image: postgres, ports: [{port(5432)}]}}", "web"),
        (f"frontend: {{ports: [{port(80, 3000)}]}}\nbackend: {{ports: [{port(8080)}]}}", "frontend"),
        (
            f"nginx: {{image: nginx, ports: [{port(80)}], depends_on: {{app: {{}}}}}}\napp: {{image: a}}",
            "nginx",
        ),
        (f"api: {{ports: [{port(8000)}]}}\nadminer: {{image: adminer, ports: [{port(8080)}]}}", "api"),
        (
            f"shop: {{ports: [{port(3000)}]}}\nmailpit: {{image: axllent/mailpit, ports: [{port(8025)}]}}",
            "shop",
        ),
        (f"app: {{ports: [{port(3000)}]}}\nkafka-ui: {{image: a/kafka-ui, ports: [{port(8080)}]}}", "app"),
        (f"web: {{ports: [{port(3000)}]}}\ncable: {{ports: [{port(28080)}]}}", "web"),
        ("a: {environment: {VIRTUAL_HOST: x}}\nb: {image: b}", "a"),
        ("a: {labels: {traefik.http.routers.a.rule: Host}}\nb: {image: b, expose: ['80']}", "a"),
        (f"shop: {{ports: [{port(3000)}]}}\nshop-api: {{ports: [{port(80)}]}}", "shop"),
        ("app: {image: 'a:fpm', expose: ['9000']}\nsite: {image: b, expose: ['80']}", "site"),
        (f"grafana: {{image: grafana/grafana, ports: [{port(3000)}]}}", "grafana"),
        (f"vue: {{ports: [{port(8080)}]}}\ndjango: {{ports: [{port(8000)}]}}", "vue"),
        (
            f"api-gateway: {{ports: [{port(8080)}]}}\norders: {{ports: [{port(8081)}]}}\n"
            f"discovery: {{ports: [{port(8761)}]}}",
            "api-gateway",
        ),
        (
            f"web: {{ports: [{port(80, 3000)}], depends_on: {{gateway: {{}}}}}}\n"
            f"gateway: {{ports: [{port(8080)}], depends_on: {{orders: {{}}, users: {{}}}}}}\n"
            "orders: {image: a}\nusers: {image: b}",
            "web",
        ),
        (
            "site: {labels: {traefik.http.routers.s.rule: Host(`a.b`)}}\n"
            "app: {labels: {traefik.http.routers.a.rule: Host(`a.b`) && PathPrefix(`/graphql`)}}",
            "site",
        ),
        (f"panel: {{ports: [{port(4000)}]}}\nweb-browser: {{image: a}}", "panel"),
    ],
)
def test_the_front_is_found_by_ports_names_labels_and_place(services: str, name: str) -> None:
    assert front(services).service == name


@pytest.mark.parametrize(
    ("services", "choices"),
    [
        (f"vote: {{ports: [{port(80, 8080)}]}}\nresult: {{ports: [{port(80, 8081)}]}}", ("vote", "result")),
        (
            "web: {image: a, depends_on: {api: {}}}\nweb-b: {image: b, depends_on: {api: {}}}",
            ("web", "web-b"),
        ),
        (f"game: {{image: acme/game, ports: [{port(25565)}]}}", ("game",)),
        (f"vpn: {{image: acme/wireguard, ports: [{port(51820, protocol='udp')}]}}", ("vpn",)),
        ("db: {image: postgres}\nredis: {image: redis}", ()),
    ],
)
def test_a_close_call_is_asked(services: str, choices: tuple[str, ...]) -> None:
    found = front(services)
    assert found.service is None
    assert found.choices == choices


def test_workers_shared_services_and_own_proxies_are_never_the_front() -> None:
    found = front(
        f"traefik: {{image: traefik, ports: [{port(80)}]}}\nworker: {{image: shop}}\n"
        f"redis: {{image: redis, ports: [{port(8001)}]}}\nshop: {{image: shop}}"
    )
    assert found.service == "shop"


def test_the_reason_names_what_speaks_for_it() -> None:
    found = front(f"web: {{ports: [{port(80)}]}}\nside: {{image: side}}")
    assert found.reason == "it is published on port 80, its name is web"


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (f"{{ports: [{port(3000, 8080)}]}}", 3000),
        (f"{{ports: [{port(80)}, {port(443)}]}}", 80),
        (f"{{ports: [{port(3000)}, {port(9229)}]}}", 3000),
        (f"{{ports: [{port(3000)}, {port(22, 2222)}, {port(25)}]}}", 3000),
        (f"{{ports: [{port(8080, 80)}, {port(9001)}]}}", 8080),
        (f"{{ports: [{port(8080)}, {port(9001)}], labels: {{traefik.port: 9001}}}}", 9001),
        (f"{{ports: [{port(5678)}]}}", 5678),
        (f"{{ports: [{port(3000)}, {port(3100)}]}}", 3000),
        (f"{{ports: [{port(20128)}, {port(20129)}], environment: {{PORT: 20128}}}}", 20128),
        ("{labels: {traefik.http.services.web.loadbalancer.server.port: '8000'}}", 8000),
        ("{labels: {caddy.reverse_proxy: '{{upstreams 3000}}'}}", 3000),
        ("{environment: {VIRTUAL_HOST: a, VIRTUAL_PORT: 8000}}", 8000),
        ("{expose: ['8000']}", 8000),
        ("{expose: ['8000', '9090']}", 8000),
        ("{healthcheck: {test: [CMD, curl, -f, 'http://localhost:4000/up']}}", 4000),
        ("{healthcheck: {test: [CMD-SHELL, 'wget -q http://127.0.0.1/ || exit 1']}}", 80),
        ("{command: [gunicorn, -b, '0.0.0.0:8000', app]}", 8000),
        ("{command: [rails, s, -p, '3000']}", 3000),
        ("{environment: {PORT: 3001}}", 3001),
        ("{image: 'nginx:alpine'}", 80),
        ("{image: 'acme/shop:8-apache'}", 80),
    ],
)
def test_the_port_is_found_where_the_file_shows_it(body: str, number: int) -> None:
    assert listening(body).port == number


def test_what_other_services_call_tells_the_port() -> None:
    found = listening("{image: shop}", other="{environment: {UPSTREAM: 'http://web:8123/x'}}")
    assert found == Listening(8123, "another service calls it there")


def test_what_the_image_declares_tells_the_port_last() -> None:
    assert listening("{image: shop}", 2368).port == 2368
    assert listening("{image: shop, expose: ['3000']}", 2368).port == 3000
    assert listening("{image: shop}", 22, 8080).port == 8080


@pytest.mark.parametrize(
    ("body", "choices"),
    [
        ("{image: shop}", ()),
        (f"{{ports: [{port(443)}]}}", ()),
        (f"{{ports: [{port(8000)}, {port(3000)}]}}", (8000, 3000)),
        (
            f"{{ports: [{port(80)}, {port(8080)}], healthcheck: {{test: [CMD, curl, 'http://localhost:8080/']}}}}",
            (80, 8080),
        ),
        ("{expose: ['8000', '8001']}", (8000, 8001)),
        ("{environment: {HTTP_PORT: 80}}", ()),
    ],
)
def test_a_port_that_is_not_clear_is_asked(body: str, choices: tuple[int, ...]) -> None:
    assert listening(body) == Listening(None, "", choices)
