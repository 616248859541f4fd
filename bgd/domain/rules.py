"""What names, images, paths and ports tell about a service: the data of the inference, all in one place.

Measured over 118 labelled apps (`benchmarks/roles.py` prints precision and recall): the words of an
image's base name tell best what keeps data; a named volume tells nothing. Words are compared whole:
`pgadmin4` is the words `pgadmin4` and `pgadmin`, never `pg`.
"""

from __future__ import annotations

from collections.abc import Mapping


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DATABASES = """
    arangodb azurite cassandra citus clickhouse cockroach cockroachdb couchbase couchdb cratedb db2
    dgraph documentdb dolt dynamodb edgedb eventstore eventstoredb ferretdb firebird foundationdb gel
    greenplum immudb influxdb kurrentdb kvrocks libsql manticore manticoresearch mariadb memgraph mongo
    mongod mongodb mssql mysql neo4j openldap oracle orientdb percona pgautoupgrade pgsql pgvector
    pgvecto postgis postgres postgresql questdb questdb ravendb redismod rethinkdb rqlite scylla scylladb
    slapd sql sqld surrealdb tidb tikv timescale timescaledb victoriametrics vitess yugabyte yugabytedb
"""
_CACHES = "dragonfly dragonflydb garnet hazelcast ignite keydb memcache memcached redis valkey"
_BROKERS = """
    activemq artemis beanstalkd consul emqx etcd gearmand hivemq kafka mosquitto nats nsqd pulsar
    rabbitmq redpanda rocketmq vernemq zookeeper
"""
_SEARCH = """
    chroma chromadb elasticsearch meilisearch milvus opensearch qdrant quickwit solr sphinxsearch
    typesense vespa weaviate zincsearch
"""
_STORES = "ceph clamav clamd garage loki localstack minio prometheus rustfs seaweedfs vault"

STATEFUL_IMAGES: Mapping[str, str] = {
    **dict.fromkeys(_DATABASES.split(), "a database"),
    **dict.fromkeys(_CACHES.split(), "a cache"),
    **dict.fromkeys(_BROKERS.split(), "a message broker"),
    **dict.fromkeys(_SEARCH.split(), "a search index"),
    **dict.fromkeys(_STORES.split(), "a data store"),
}
"""A word of an image's base name that means: it keeps data, so there is one for both colours."""

STATEFUL_NAMES = frozenset({"db", "database", "datastore", *STATEFUL_IMAGES}) - {"sql", "oracle", "vault"}
"""The same for a service's name, where its image is built or says nothing."""

NOT_STATEFUL = _set(
    """
    admin adminer agent backup backups benchmark bouncer browser cli client commander connect
    console dashboard dashboards dump exporter express gui hq init initializer insight manager meta
    migrate migrations migrator monitor operator pgadmin phpmyadmin pooler provision proxy registry
    rest restore seed setup sidecar sync ui viewer web worker
    """
)
"""Words that turn a database's name into something beside it: `postgres-exporter`, `kafka-ui`."""

BESIDE_DATABASES = _set(
    "admin browser commander console dashboard dashboards exporter express gui hq insight manager ui viewer"
)
"""After a database's name they make a tool of it, for its makers to look with."""

COMPONENTS = _set(
    """
    agent apache api app backend consumer etl frontend importer ingest loader nginx php producer
    proxy server streams web worker
    """
)
"""Before a database's name they say what the image works with: `server-pgsql` is no database."""

GENERIC_BASE_NAMES = _set("community database db enterprise latest server standalone")
"""Base names that tell nothing without the name above them: `mssql/server`."""

DATA_PATHS = (
    "/bitnami/mariadb",
    "/bitnami/mongodb",
    "/bitnami/mysql",
    "/bitnami/postgresql",
    "/bitnami/redis",
    "/data/db",
    "/etc/rabbitmq/mnesia",
    "/meili_data",
    "/opt/couchdb/data",
    "/qdrant/storage",
    "/usr/share/elasticsearch/data",
    "/usr/share/opensearch/data",
    "/var/lib/cassandra",
    "/var/lib/clickhouse",
    "/var/lib/couchdb",
    "/var/lib/elasticsearch",
    "/var/lib/etcd",
    "/var/lib/influxdb",
    "/var/lib/kafka",
    "/var/lib/mongodb",
    "/var/lib/mysql",
    "/var/lib/neo4j",
    "/var/lib/postgresql",
    "/var/lib/rabbitmq",
    "/var/lib/redis",
    "/var/lib/zookeeper",
    "/var/opt/mssql",
    "/var/solr",
)
"""Where databases keep their files: a service that mounts one writable is the database."""

DATABASE_CHECKS = (
    "pg_isready",
    "mysqladmin ping",
    "mariadb-admin ping",
    "healthcheck.sh --connect",
    "redis-cli ping",
    "valkey-cli ping",
    "mongosh",
    "rabbitmq-diagnostics",
    "cqlsh",
    "kafka-topics",
)
"""Health checks of databases of themselves."""

TASKS = _set(
    """
    bootstrap configurator create createbucket createbuckets fixtures generate init initialize
    initializer installer migrate migration migrations migrator permission permissions provision
    provisioner seed seeder setup
    """
)
"""Words in the name of a service or an image: it runs once and ends."""

BUILD_COMMANDS = r"^(?!.*\bwatch\b).*\b(npm|pnpm|yarn|bun)\b[ :](run[ :])?build\b"
"""Commands that build a site's files and then end."""

TASK_PROGRAMS = _set("generate migrate migration migrations migrator seed seeder")
"""Words that its command begins with. Not `init` or `setup`: such scripts often start the server too."""

TASK_COMMANDS = (
    r"\balembic upgrade\b",
    r"\bartisan migrate\b",
    r"\b(flask|aerich|sequelize) (db[ :])?(upgrade|migrate)\b",
    r"\bdb:(migrate|prepare|setup|seed)\b",
    r"\b(flyway|liquibase|goose|dbmate|diesel|sqlx|prisma|knex|typeorm)\b.*\b(migrate|migration|up|update|deploy)\b",
    r"\bmanage\.py (migrate|collectstatic|loaddata)\b",
    r"\becto\.migrate\b",
    r"\bmigrate up\b",
)
"""Commands that migrate, where nothing comes after them."""

MIGRATION_SWITCHES = r"(?i)^(?!.*(disable|skip|without|_no_|check)).*migrat(e|ion)"
"""Names of variables that, set to a yes, have the app migrate its database when it starts."""

CRON = _set(
    """
    backup backups beat celerybeat chadburn cleanup clock clockwork cron crond cronjob crons crontab
    housekeeping ofelia schedule scheduler supercronic ticker
    """
)
"""Words in a service's name, image or command: it acts by the clock, and twice would be once too often."""

QUEUES = _set(
    """
    celery celeryd celeryworker consumer consumers dramatiq faktory goodjob horizon huey queue
    queues queueworker resque rq rqworker sidekiq solidqueue taskworker worker workers
    """
)
"""The same: it takes work from a queue, and must not take it with two versions of the code at once."""

PERHAPS_QUEUES = _set("async background connector delayed jobs processor runner runners subscriber tasks")
"""The same, only where it has no port and nothing waits for it."""

PLAIN_IMAGES = _set(
    "almalinux alpine aws-cli bash busybox centos curl debian fedora git mc openssl rockylinux ubuntu"
)
"""Images that do nothing by themselves: a script in one runs once, unless it waits for ever."""

FILE_COMMANDS = _set("chgrp chmod chown cp install ln mkdir mv rm rsync tar touch")
"""Programs that arrange files: a service whose command ends with one ends with it."""

SERVER_COMMANDS = (
    r"\b(apache2|daphne|gunicorn|hypercorn|httpd|nginx|php-fpm|puma|runserver|thin|unicorn|uvicorn|uwsgi|waitress)\b"
    r"|\bartisan serve\b|\bnext start\b|\brails (s|server)\b"
)
"""Commands that also serve requests: what else they do, both colours must."""

FOR_EVER = r"\bsleep (infinity|inf|\d{4,})\b|\btail -f\b|\bwhile (true|:|\[)|\bwait\b|\bfor \(\(;;"
"""Commands that don't end."""

CLIENTS = _set(
    """
    createdb kafka-configs kafka-topics kafka-topics.sh mongo mongodump mongosh mysql mysqldump
    pg_dump pg_dumpall pg_restore psql rabbitmqadmin redis-cli rpk valkey-cli
    """
)
"""Programs in a database's image that aren't the database: a service that runs one asks another."""

NOT_THE_DATABASE = _set(
    """
    backup backups cli client dump exporter fix init initializer migrate migration migrations
    migrator permission permissions restore seed seeder setup shell
    """
)
"""Words in the name of a service that uses a database's image for something else."""

LIVE_ONLY_COMMANDS = (
    (r"\bcelery\b.*\bbeat\b", "beats the clock of Celery"),
    (r"\bcelery\b.*\bworker\b", "is a Celery worker"),
    (r"\bsidekiq\b", "is Sidekiq, a queue worker"),
    (r"\b(rq|arq|bench|dramatiq|huey|taskiq) worker\b|\brqworker\b|\bhuey_consumer\b", "is a queue worker"),
    (r"\bartisan (queue:work|queue:listen|horizon)\b|\bmessenger:consume\b", "is a queue worker"),
    (r"\bartisan schedule:(work|run)\b", "runs a schedule"),
    (r"\b(good_job|solid_queue|jobs:work|resque:work|que|bin/jobs)\b", "is a queue worker"),
    (r"\b(crond|cron -f|supercronic|go-crond)\b", "runs cron"),
    (r"(^|\s)([\d*/,-]+ ){4}[\d*/,-]+\s", "begins with a cron schedule"),
    (r"\bconsumer\b", "is a queue consumer"),
)
"""Commands of the same kinds."""

ROUTERS = _set("caddy-docker-proxy kamal-proxy nginx-proxy nginx-proxy-manager swag traefik")
"""Image or program names of proxies that find what they route to by themselves."""

CERTIFICATES = _set("acme-companion certbot lego letsencrypt-nginx-proxy-companion")
"""Image names of what gets certificates for such a proxy."""

WEB_SERVERS = _set("apache caddy envoy haproxy httpd kong nginx openresty")
"""Base names of images that are plain web servers, the author's own work being their configuration."""

DOCKER_SOCKET = "docker.sock"

TOOLS = _set(
    """
    adminer alertmanager autoheal cadvisor cloudbeaver commander dashboards debug diun dockerapi
    docs dozzle exporter fakesmtp flower grafana greenmail headlamp healthcheck inspector jaeger
    kafdrop kibana mailcatcher maildev mailhog mailpit mailserver mock netdata otel
    pgadmin pgadmin4 phpmyadmin playwright portainer prometheus redisinsight selenium smtp4dev
    storybook studio swagger test tests watchdog watchtower wiremock zipkin
    """
)
"""Words of names and images of what its makers look with, not its users: the front only where alone."""

NOT_FOR_BROWSERS = _set(
    """
    cloudflared collector dovecot exim filebeat fluent fluentd frpc logstash mail mailer metricbeat
    ngrok postfix promtail sendmail smtp snmptraps syslog tailscale telegraf tunnel vector vpn
    wireguard
    """
)
"""Mail, logs, metrics and tunnels: they publish ports, and nobody's browser goes there."""

FRONT_NAMES: Mapping[str, int] = {
    "proxy": 4,
    "gateway": 4,
    "nginx": 4,
    "frontend": 3,
    "front": 3,
    "web": 3,
    "webapp": 3,
    "website": 3,
    "webserver": 3,
    "www": 3,
    "ui": 2,
    "site": 2,
    "spa": 2,
    "client": 2,
    **dict.fromkeys(["angular", "next", "nextjs", "nuxt", "react", "svelte", "vue"], 3),
    **dict.fromkeys(["django", "laravel", "rails", "symfony"], 2),
    "app": 2,
    "portal": 2,
    "edge": 2,
    "ingress": 4,
    "server": 1,
    "backend": -1,
    "api": -2,
    "rest": -3,
    "ws": -3,
    "websocket": -3,
    "cable": -3,
    "streaming": -3,
    "realtime": -3,
    "live": -1,
    "admin": -2,
    "auth": -2,
    "config": -3,
    "discovery": -3,
    "registry": -3,
    "internal": -3,
    "helper": -3,
    "service": -1,
    "agent": -3,
    "bridge": -3,
    "modules": -3,
    "learning": -3,
    "renderer": -3,
}
"""How much a word in a name says that this is what browsers come to."""

BROWSER_WORDS = _set(
    "angular client front frontend next nextjs nuxt react spa svelte ui vue web webapp website www"
)
"""Words for what a browser loads: beside one of them, what is named for a server's framework serves it."""

SERVER_FRAMEWORKS = _set("django express fastapi flask laravel rails spring symfony")
"""Words for what renders pages alone and answers a browser application where there is one."""

HTTP_PORTS = frozenset(
    {80, 81, 3000, 3001, 4000, 4200, 4567, 5000, 5173, 8000, 8001, 8008, 8080, 8081, 8088, 8090, 8888, 9000}
)
"""Container ports that are usually HTTP; others from 1024 on may be."""

TLS_PORTS = frozenset({443, 3443, 4443, 8443, 9443})
"""Ports that speak TLS: nginx asks in plain HTTP."""

NOT_HTTP_PORTS = frozenset(
    {
        *(20, 21, 22, 23, 25, 53, 67, 69, 110, 123, 143, 161, 162, 389, 445, 465, 514, 587, 636, 853),
        *(873, 990, 993, 995, 1025, 1433, 1521, 1883, 2049, 2181, 2222, 2379, 2380, 3306, 3389, 4190, 4222),
        *(4317, 4318, 5044, 5060, 5222, 5269, 5347, 5432, 5671, 5672, 5900, 6222, 6379, 6514, 7233, 8125),
        *(8883, 9042, 9092, 9093, 9300, 11211, 25565, 27017, 33060, 50051),
    }
)
"""Well-known ports of other protocols."""

DEBUG_PORTS = frozenset({1234, 2345, 4444, 5005, 5678, 9003, 9222, 9229, 9230, 40000})
"""Ports of debuggers: HTTP only where there is no other."""

METRICS_PORTS = frozenset({9090, 9091, 9100, 9187, 9458, 15692})
"""Ports of metrics, likewise."""

IMAGE_PORTS: Mapping[str, int] = {
    **dict.fromkeys(("nginx", "httpd", "apache", "caddy", "haproxy", "wordpress", "drupal", "joomla"), 80),
    "tomcat": 8080,
    "jetty": 8080,
    "openresty": 80,
}
"""Where well-known images listen, when neither the file nor the image itself could be asked."""

MOVING_TAGS = _set(
    """
    canary current dev develop edge latest lts main mainline master nightly next release rolling
    snapshot stable
    """
)
"""Words of a tag that is moved from version to version."""
