"""Files with the features that people use, deployed as they are on the real engine.

Each app answers, through the public port, what its own container sees: its variables, files and names.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE

RUN = "python3 -u /srv/app.py"


class Site:
    """An app in a directory of its own, reached by the host name `NAME.test`."""

    def __init__(self, daemon: RunningDaemon, directory: Path, name: str) -> None:
        self.daemon = daemon
        self.name = name
        self.directory = directory / name
        self.directory.mkdir()
        shutil.copyfile(Path(__file__).with_name("honest_app.py"), self.directory / "app.py")

    def write(self, **files: str) -> None:
        """Write files: `compose_yaml` is `compose.yaml`, `env` is `.env`."""
        for name, text in files.items():
            path = self.directory / (".env" if name == "env" else name.replace("__", "/").replace("_", "."))
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("IMAGE", IMAGE).replace("RUN", RUN))

    def deploy(self, *arguments: str) -> None:
        self.daemon.bgctl("deploy", self.name, *arguments)

    def told(self, what: str, *, preview: bool = False) -> str:
        """What the front's container says about itself, in the live colour or in the idle one."""
        door = self.daemon.preview if preview else self.daemon.url
        answer = httpx.get(f"{door}/{what}", headers={"Host": f"{self.name}.test"}, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.text

    def running(self, color: str) -> list[str]:
        """The services that run in a colour, one item a container."""
        found = self.daemon.containers(f"bgd.app={self.name}", f"bgd.color={color}")
        return sorted(str(c.labels["com.docker.compose.service"]) for c in found if c.status == "running")


LAYERS = {
    "compose_yaml": """\
name: layers
include: [parts/store.yaml]
x-base: &base
  image: IMAGE
  volumes: [./app.py:/srv/app.py:ro]
  environment: &base-env {ANCHORED: "yes", UNSET: "a${NOWHERE}b"}
services:
  web:
    <<: *base
    extends: {file: parts/base.yaml, service: base}
    command: RUN 8000
    env_file: [web.env, {path: none.env, required: false}]
    environment: {<<: *base-env, COLOR: "${CHOSEN}"}
    ports:
      - "18000:8000"
      - "127.0.0.1:18001:8000/tcp"
      - "18010-18011:8010-8011"
      - "9000"
      - {target: 8000, published: "18002", host_ip: 127.0.0.1, protocol: tcp, mode: host}
      - {target: 5000, protocol: udp}
    secrets: [by_file, {source: by_variable, target: named, mode: 0444}]
    configs: [{source: text, target: /etc/text}, {source: file, target: /etc/file}]
    tmpfs: [/scratch:size=1m]
    devices: ["/dev/null:/dev/nothing"]
    healthcheck: {test: [CMD, python3, -c, "1"], interval: 1s}
    deploy: {replicas: 2, resources: {limits: {memory: 64M}}}
  mailer: {<<: *base, command: RUN 8000, profiles: [mail], container_name: layers-mailer}
  debug: {<<: *base, command: RUN 8000, profiles: [debug]}
secrets:
  by_file: {file: ./secret.txt}
  by_variable: {environment: SECRET_VALUE}
configs:
  text: {content: "chosen ${CHOSEN}, dollar $$"}
  file: {file: ./parts/file.conf}
x-bgd: {route: {service: web, port: 8000, hosts: [layers.test]}}
""",
    "parts__base_yaml": "services: {base: {environment: {EXTENDED: 'yes'}, stop_grace_period: 2s}}\n",
    "parts__store_yaml": "services: {kept: {image: IMAGE, command: sleep 9999, init: true}}\n",
    "prod_yaml": (
        "services: {web: {environment: {OVERRIDDEN: 'yes'}}}\nx-bgd: {roles: {kept: shared}, drain: 1s}\n"
    ),
    "web_env": "FROM_FILE=${CHOSEN}-file\n",
    "env": "CHOSEN=teal\nSECRET_VALUE='pa$$word'\n",
    "secret_txt": "s3cret",
    "parts__file_conf": "conf",
}


def test_a_file_in_layers_runs_as_compose_would_run_it(shared_bgd: RunningDaemon, tmp_path: Path) -> None:
    site = Site(shared_bgd, tmp_path, "layers")
    site.write(**LAYERS)
    files = [str(site.directory / name) for name in ("compose.yaml", "prod.yaml")]
    added = shared_bgd.json("add", *files, "--profile", "mail")
    assert any("NOWHERE" in w["message"] for w in added["warnings"] if w["code"] == "unset-variable")
    site.deploy()
    seen = {
        what: site.told(what)
        for what in (
            "env/ANCHORED",
            "env/EXTENDED",
            "env/OVERRIDDEN",
            "env/UNSET",
            "env/COLOR",
            "env/FROM_FILE",
            "file/run/secrets/by_file",
            "file/run/secrets/named",
            "file/etc/text",
            "file/etc/file",
            "is/scratch",
            "is/dev/nothing",
        )
    }
    assert seen == {
        "env/ANCHORED": "yes",
        "env/EXTENDED": "yes",
        "env/OVERRIDDEN": "yes",
        "env/UNSET": "ab",
        "env/COLOR": "teal",
        "env/FROM_FILE": "teal-file",
        "file/run/secrets/by_file": "s3cret",
        "file/run/secrets/named": "pa$$word",
        "file/etc/text": "chosen teal, dollar $",
        "file/etc/file": "conf",
        "is/scratch": "True",
        "is/dev/nothing": "True",
    }
    assert len({site.told("host") for _ in range(40)}) == 2  # both replicas answer
    assert site.running("blue") == ["mailer", "web", "web"]
    status = shared_bgd.json("status", "layers")
    assert (status["file"], status["more"], status["profiles"]) == (files[0], files[1:], ["mail"])

    site.write(env="CHOSEN=plum\nSECRET_VALUE=other\n")
    site.deploy()
    assert (site.told("env/OVERRIDDEN"), site.told("env/COLOR")) == ("yes", "plum")
    assert site.told("file/run/secrets/named") == "other"
    assert site.told("file/run/secrets/named", preview=True) == "pa$$word"
    assert site.running("green") == ["mailer", "web", "web"]


NAMES = """\
name: names
services:
  web:
    image: IMAGE
    command: RUN 8000
    volumes: [./app.py:/srv/app.py:ro]
    networks: {front: , inner: {ipv4_address: 10.213.77.10}}
    links: ["backend:be"]
  backend:
    image: IMAGE
    command: RUN 8100
    volumes: [./app.py:/srv/app.py:ro]
    container_name: the-backend
    environment: {RELEASE: "one"}
    networks: {inner: {aliases: [api.internal], ipv4_address: 10.213.77.11}}
  sidecar:
    image: IMAGE
    command: RUN 9000
    volumes: [./app.py:/srv/app.py:ro]
    network_mode: service:web
    depends_on: [web]
  store:
    image: IMAGE
    command: RUN 8200
    volumes: [./app.py:/srv/app.py:ro]
    networks: {inner: {ipv4_address: 10.213.77.12, aliases: [db.internal]}}
networks:
  front: {internal: true}
  inner: {ipam: {config: [{subnet: 10.213.77.0/24}]}}
x-bgd:
  route: {service: web, port: 8000, hosts: [names.test]}
  roles: {store: shared}
  drain: 1s
"""


def test_names_mean_the_own_colours_copy_and_shared_ones_the_same_everywhere(
    shared_bgd: RunningDaemon, tmp_path: Path
) -> None:
    site = Site(shared_bgd, tmp_path, "names")
    site.write(compose_yaml=NAMES)
    shared_bgd.bgctl("add", str(site.directory / "compose.yaml"))
    site.deploy()
    site.write(compose_yaml=NAMES.replace('"one"', '"two"'))
    site.deploy()
    assert site.running("blue") == site.running("green") == ["backend", "sidecar", "web"]
    for name in ("backend", "be", "the-backend", "api.internal"):
        assert site.told(f"get/{name}:8100/env/RELEASE") == "two", name
        assert site.told(f"get/{name}:8100/env/RELEASE", preview=True) == "one", name
        mine, other = site.told(f"name/{name}"), site.told(f"name/{name}", preview=True)
        assert len(mine.split()) == len(other.split()) == 1, name
        assert mine != other, name
    for name in ("store", "db.internal"):
        assert site.told(f"name/{name}") == "10.213.77.12", name
        assert site.told(f"name/{name}", preview=True) == "10.213.77.12", name
    for preview in (False, True):  # in the network of its own colour's web
        assert site.told("get/127.0.0.1:9000/host", preview=preview) == site.told("host", preview=preview)


WAITING = """\
name: waiting
services:
  web:
    build: {context: ., args: {BASE: IMAGE}}
    command: RUN 8000 /data/ready /data/migrated /shelf/backend
    volumes: [data:/data, work:/shelf]
    depends_on:
      store: {condition: service_healthy, restart: true}
      migrate: {condition: service_completed_successfully}
      backend: {condition: service_healthy}
      helper: {condition: service_started, required: false}
  backend:
    image: IMAGE
    command: sh -c "sleep 1; echo up > /shelf/backend; exec sleep 9999"
    init: true
    user: root
    volumes: [work:/shelf]
    healthcheck: {test: test -f /shelf/backend, interval: 1s}
  helper: {image: IMAGE, command: sleep 9999, init: true}
  worker:
    image: IMAGE
    command: sh -c "echo worked > /shelf/worker; exec sleep 9999"
    init: true
    user: root
    volumes: [{type: volume, source: work, target: /shelf}]
  migrate:
    image: IMAGE
    command: sh -c "cat /data/ready > /data/migrated"
    user: root
    volumes: [data:/data]
    depends_on: {store: {condition: service_healthy}}
  store:
    image: IMAGE
    command: sh -c "sleep 1; echo ready > /data/ready; exec sleep 9999"
    init: true
    user: root
    network_mode: host
    volumes: [data:/data]
    healthcheck: {test: test -f /data/ready, interval: 1s}
    depends_on: [helper]
volumes: {data: , work: {labels: {kind: scratch}}}
x-bgd:
  route: {service: web, port: 8000, hosts: [waiting.test]}
  roles: {store: shared, migrate: task, worker: live-only}
  drain: 1s
"""
DOCKERFILE = "ARG BASE\nFROM $BASE\nCOPY app.py /srv/app.py\nENV BUILT=here\n"


def test_every_condition_is_waited_for_across_roles(shared_bgd: RunningDaemon, tmp_path: Path) -> None:
    site = Site(shared_bgd, tmp_path, "waiting")
    site.write(compose_yaml=WAITING, Dockerfile=DOCKERFILE)
    added = shared_bgd.json("add", str(site.directory / "compose.yaml"))
    assert [w["service"] for w in added["warnings"] if w["code"] == "order"] == ["store"]
    site.deploy()  # web crashes where anything that it waits for isn't there
    assert site.told("env/BUILT") == "here"
    assert site.told("file/data/migrated") == "ready\n"
    assert site.told("file/shelf/worker") == "worked\n"
    (store,) = shared_bgd.containers("bgd.app=waiting", "bgd.role=shared")
    assert store.attrs["HostConfig"]["NetworkMode"] == "host"
    volume = shared_bgd.engine.volumes.get(f"{shared_bgd.instance}-waiting_work")
    assert volume.attrs["Labels"]["kind"] == "scratch"
