"""The inference of roles, rule by rule."""

from __future__ import annotations

import pytest

from bgd.adapters.yaml_source import load
from bgd.domain.plan import RoleOf
from bgd.domain.roles import infer_roles, is_routed
from bgd.domain.service import services_of
from bgd.domain.settings import Role, RouteWish, Settings


def roles(services: str, settings: Settings | None = None, **built_from: str) -> dict[str, RoleOf]:
    """The roles of services written as YAML, in a resolved model's forms."""
    model = {"services": load(services)}
    return infer_roles(services_of(model, built_from), settings or Settings())


def role(body: str, name: str = "thing", **others: str) -> RoleOf:
    """The role of one service of this name and body, beside a `web` and what else there is."""
    text = f"{name}: {body}\nweb: {{image: shop}}\n" + "".join(f"{k}: {v}\n" for k, v in others.items())
    return roles(text)[name]


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("postgres:16", "a database"),
        ("docker.io/library/postgres:16-alpine@sha256:0123", "a database"),
        ("registry.example.com:5000/acme/acme-postgresql:14", "a database"),
        ("bitnami/mariadb-galera", "a database"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "a database"),
        ("mcr.microsoft.com/azure-sql-edge", "a database"),
        ("mongodb/mongodb-community-server:8.2-ubi8", "a database"),
        ("clickhouse/clickhouse-server", "a database"),
        ("gvenzl/oracle-free", "a database"),
        ("timescale/timescaledb-ha:pg16", "a database"),
        ("kartoza/postgis:12.1", "a database"),
        ("redis/redis-stack-server", "a cache"),
        ("valkey/valkey:8", "a cache"),
        ("memcached", "a cache"),
        ("rabbitmq:3-management", "a message broker"),
        ("confluentinc/cp-kafka:7.6", "a message broker"),
        ("eclipse-mosquitto:2", "a message broker"),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.19", "a search index"),
        ("getmeili/meilisearch:v1", "a search index"),
        ("minio/minio", "a data store"),
    ],
)
def test_an_image_that_keeps_data_is_shared(image: str, kind: str) -> None:
    given = role(f"{{image: '{image}'}}")
    assert given.role is Role.SHARED
    assert given.reason.endswith(kind)


@pytest.mark.parametrize(
    "image",
    [
        "dpage/pgadmin4",
        "provectuslabs/kafka-ui",
        "mongo-express",
        "rediscommander/redis-commander",
        "prometheuscommunity/postgres-exporter",
        "oliver006/redis_exporter",
        "opensearchproject/opensearch-dashboards",
        "confluentinc/cp-kafka-connect",
        "acme/server-pgsql",
        "acme/web-nginx-mysql",
        "acme/proxy-mysql",
        "acme/etl-kafka",
        "acme/redistribution",
        "edoburu/pgbouncer",
        "supabase/postgres-meta",
    ],
)
def test_what_stands_beside_a_database_is_no_database(image: str) -> None:
    assert role(f"{{image: '{image}', restart: always}}").role is Role.COLORED


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("store", "{build: {}, volumes: [{type: volume, source: d, target: /var/lib/postgresql/data}]}"),
        ("store", "{build: {}, volumes: [{type: bind, source: ./d, target: /bitnami/mysql/}]}"),
        ("store", "{image: acme/store, healthcheck: {test: [CMD-SHELL, pg_isready -U a]}}"),
        ("db", "{build: {}}"),
        ("shop-postgres14", "{build: {}}"),
        ("database", "{image: registry.example.com/acme/backing}"),
    ],
)
def test_data_paths_health_checks_and_names_show_a_database_that_its_image_does_not(
    name: str, body: str
) -> None:
    assert role(body, name).role is Role.SHARED


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("app", "{image: acme/app, volumes: [{type: volume, source: d, target: /data}]}"),
        ("app", "{image: acme/app, volumes: [{type: bind, target: /var/lib/mysql, read_only: true}]}"),
        ("app", "{image: acme/app, healthcheck: {test: [CMD-SHELL, pg_isready -h db]}}"),
        ("db-admin", "{build: {}}"),
        ("db-api", "{build: {}}"),
        ("database", "{build: {}, ports: [{target: 8080, published: '8080', protocol: tcp}]}"),
    ],
)
def test_a_volume_alone_and_a_name_in_passing_tell_nothing(name: str, body: str) -> None:
    assert role(body, name).role is Role.COLORED


def test_what_is_built_from_a_database_is_one() -> None:
    given = roles("store: {build: {}}\nweb: {build: {}}", store="postgres:16", web="node:22")
    assert given["store"] == RoleOf(Role.SHARED, "it is built from postgres, a database")
    assert given["web"].role is Role.COLORED


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("migrate", "{image: shop}"),
        ("shop-init", "{image: shop, restart: 'no'}"),
        ("initContainer", "{image: shop}"),
        ("job", "{image: acme/shop-migrations}"),
        ("job", "{image: shop, command: [./bin/docker-entrypoint-migrator.sh]}"),
        ("job", "{image: shop, command: [alembic, upgrade, head]}"),
        ("job", "{image: shop, command: [sh, -c, 'wait-for db && php artisan migrate --force']}"),
        ("job", "{image: shop, command: [cp, -r, /app/build/., /static/]}"),
        ("job", "{image: busybox, command: [chown, -R, '1000', /data]}"),
        ("buckets", "{image: minio/mc, entrypoint: [sh, -c, 'mc mb a/b; exit 0']}"),
        ("topics", "{image: confluentinc/cp-kafka, command: [bash, -c, kafka-topics --create --topic x]}"),
        ("permissions", "{image: mongo, entrypoint: [sh, -c, chown mongodb /data/db]}"),
    ],
)
def test_what_runs_once_is_a_task(name: str, body: str) -> None:
    assert role(body, name).role is Role.TASK


def test_what_others_wait_for_to_end_is_a_task_whatever_it_is() -> None:
    waits = "{image: shop, depends_on: {thing: {condition: service_completed_successfully}}}"
    given = role("{image: postgres, restart: always}", other=waits)
    assert given == RoleOf(Role.TASK, "other waits until it has ended well")


@pytest.mark.parametrize(
    "body",
    [
        "{image: shop, restart: always}",
        "{image: shop, restart: unless-stopped}",
        "{image: shop, ports: [{target: 80, published: '80', protocol: tcp}]}",
    ],
)
def test_what_is_restarted_or_published_is_no_task_whatever_its_name(body: str) -> None:
    assert role(body, "setup").role is not Role.TASK


@pytest.mark.parametrize("command", ["yarn build", "../run yarn:build:css", "npm run build", "pnpm build"])
def test_what_builds_a_site_s_files_is_a_task(command: str) -> None:
    assert role(f"{{build: {{}}, command: '{command}'}}").role is Role.TASK


@pytest.mark.parametrize(
    "command", ["yarn build:css --watch", "npm run build:watch", "yarn build && yarn start"]
)
def test_what_goes_on_after_building_is_no_task(command: str) -> None:
    assert role(f"{{build: {{}}, command: [sh, -c, '{command}']}}").role is Role.COLORED


def test_a_variable_for_a_proxy_outside_that_is_empty_routes_nothing() -> None:
    given = services_of(
        {"services": load("web: {environment: {VIRTUAL_HOST: ''}}\nb: {environment: {VIRTUAL_HOST: a.b}}")}
    )
    assert [is_routed(service) for service in given.values()] == [False, True]


def test_a_published_worker_that_others_call_is_in_both_colours() -> None:
    body = "{image: shop, ports: [{target: 4003, published: '4003', protocol: tcp}]}"
    assert (
        role(body, "worker-service", app="{image: a, depends_on: {worker-service: {}}}").role is Role.COLORED
    )
    assert role(body, "worker-service").role is Role.LIVE_ONLY


def test_a_migration_before_a_server_is_no_task() -> None:
    body = "{image: shop, command: [sh, -c, 'alembic upgrade head && uvicorn app:app --port 8000']}"
    assert role(body).role is Role.COLORED


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("worker", "{image: shop}"),
        ("shop_sidekiq", "{image: shop}"),
        ("celeryworker", "{image: shop}"),
        ("jobs", "{image: shop, command: [bundle, exec, sidekiq, -C, a.yml]}"),
        ("async", "{image: shop, command: [celery, -A, shop, worker]}"),
        ("async", "{image: shop, command: [php, artisan, 'queue:work']}"),
        ("async", "{image: shop, command: [python, manage.py, rqworker]}"),
        ("async", "{image: shop, command: [run, consumer, events]}"),
        ("runner", "{image: shop/runners}"),
        ("beat", "{image: shop}"),
        ("shop-scheduler", "{image: shop}"),
        ("cron", "{image: shop}"),
        (
            "db-backup",
            "{image: postgres, restart: always, command: [sh, -c, 'while true; do pg_dump; done']}",
        ),
        ("jobs", "{image: mcuadros/ofelia}"),
        ("async", "{image: shop, command: [celery, -A, shop, beat]}"),
        ("async", "{image: shop, command: [crond, -f]}"),
        ("async", "{image: shop, command: [0 0 * * * /clean]}"),
        ("async", "{image: shop, entrypoint: [/etc/entry.sh], command: [run, task-scheduler]}"),
        ("shop-async", "{image: shop, entrypoint: [/async.sh]}"),
        ("clockwork", "{build: {}, command: [bundle, exec, clockwork, config/clock.rb]}"),
    ],
)
def test_what_acts_by_the_clock_or_a_queue_runs_in_the_live_colour_alone(name: str, body: str) -> None:
    assert role(body, name).role is Role.LIVE_ONLY


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("web2", "{image: shop, command: [sh, -c, celery -A shop worker & gunicorn shop.wsgi]}"),
        ("jobs", "{image: shop, ports: [{target: 3000, published: '3000', protocol: tcp}]}"),
        ("worker", "{image: shop, ports: [{target: 3000, published: '80', protocol: tcp}]}"),
        ("flower", "{image: shop, command: [celery, flower], restart: always}"),
    ],
)
def test_what_also_serves_is_in_both_colours(name: str, body: str) -> None:
    assert role(body, name).role is Role.COLORED


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("edge", "{image: 'traefik:v3'}"),
        ("edge", "{image: nginxproxy/nginx-proxy}"),
        ("edge", "{image: nginxproxy/acme-companion}"),
        ("edge", "{build: {}, command: [kamal-proxy, run]}"),
        ("edge", "{image: 'caddy:2', ports: [{target: 443, published: '443', protocol: tcp}]}"),
        ("edge", "{image: 'library/caddy:2', network_mode: host}"),
        (
            "edge",
            "{build: {}, volumes: [{type: bind, source: /var/run/docker.sock, target: /s}],"
            " ports: [{target: 443, published: '443', protocol: tcp}]}",
        ),
    ],
)
def test_the_app_s_own_proxy_is_ignored(name: str, body: str) -> None:
    assert role(body, name).role is Role.IGNORED


@pytest.mark.parametrize(
    "body",
    [
        "{image: nginx, ports: [{target: 80, published: '80', protocol: tcp}]}",
        "{image: acme/nginx/edge/nginx, ports: [{target: 443, published: '443', protocol: tcp}]}",
        "{build: {}, ports: [{target: 443, published: '443', protocol: tcp}]}",
        "{image: traefik/whoami}",
        "{image: portainer/portainer-ce, volumes: [{source: /var/run/docker.sock, target: /s}]}",
    ],
)
def test_a_web_server_that_belongs_to_the_app_stays(body: str) -> None:
    assert role(body).role is Role.COLORED


def test_a_proxy_that_routes_between_services_can_not_be_replaced() -> None:
    given = roles(
        "caddy: {image: caddy, ports: [{target: 443, published: '443', protocol: tcp}],"
        " depends_on: {api: {}, web: {}}}\napi: {build: {}}\nweb: {build: {}}"
    )
    assert given["caddy"].role is Role.COLORED


@pytest.mark.parametrize(
    "app",
    [
        "{image: 'shop:8-fpm-alpine'}",
        "{build: {}, command: [php-fpm, -F]}",
        "{build: {}, volumes: [{type: volume, source: static, target: /app/static}]}",
    ],
)
def test_a_web_server_that_serves_files_or_fastcgi_stays(app: str) -> None:
    given = roles(
        "nginx: {image: nginx, ports: [{target: 443, published: '443', protocol: tcp}],"
        f" volumes: [{{type: volume, source: static, target: /srv/static}}]}}\napp: {app}"
    )
    assert given["nginx"].role is Role.COLORED


def test_a_service_on_anothers_network_follows_it() -> None:
    given = role("{image: acme/side, network_mode: 'service:cache'}", cache="{image: redis}")
    assert given == RoleOf(Role.SHARED, "it uses the network of cache, which is shared")


def test_on_the_host_s_network_there_can_be_one_alone() -> None:
    assert role("{image: acme/agent, network_mode: host}").role is Role.LIVE_ONLY


def test_what_the_block_says_goes_before_every_rule() -> None:
    settings = Settings(roles={"db": Role.COLORED, "web": Role.SHARED}, route=RouteWish(service="worker"))
    given = roles("db: {image: postgres}\nweb: {image: shop}\nworker: {image: shop}", settings)
    assert {name: of.role for name, of in given.items()} == {
        "db": Role.COLORED,
        "web": Role.SHARED,
        "worker": Role.COLORED,
    }
    assert given["db"].reason == "x-bgd says so"
    assert given["worker"].reason == "it takes the requests: x-bgd says so"
