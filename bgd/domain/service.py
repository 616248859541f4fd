"""One service of a Compose model, seen the way that the inference asks about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bgd.domain.rules import DOCKER_SOCKET, GENERIC_BASE_NAMES, HTTP_PORTS, NOT_HTTP_PORTS, TLS_PORTS

Body = Mapping[str, Any]
"""A service's mapping in a resolved Compose model."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHELLS = {"sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash", "/usr/bin/env"}


@dataclass(frozen=True, slots=True)
class Published:
    """A published port: of the host (`None`: any), of the container, and its protocol."""

    host: int | None
    container: int
    protocol: str

    def __str__(self) -> str:
        """`8080→80`; `53/udp`, where both are one."""
        host = "any" if self.host is None else self.host
        ports = str(host) if host == self.container else f"{host}→{self.container}"
        return ports if self.protocol == "tcp" else f"{ports}/{self.protocol}"


@dataclass(frozen=True)
class Service:
    """A service's name and body, and what they amount to. Everything is derived, nothing changes."""

    name: str
    body: Body
    built_from: str = ""  # the image that its Dockerfile starts from, where that is known

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its name: `initContainer` has init and container, `redis2` redis2 and redis."""
        return words_of(self.name)

    @property
    def image(self) -> str:
        """The image as the file names it; empty where it is built and has no name."""
        return str(self.body.get("image") or "")

    @property
    def is_built(self) -> bool:
        """Whether the file says how to build the image."""
        return self.body.get("build") is not None

    @cached_property
    def repository(self) -> tuple[str, ...]:
        """The image's name without tag and digest, in its parts: `ghcr.io`, `acme`, `shop-web`.

        Of an image that is built, the name of what it is built from, where that is known.
        """
        name = (self.built_from or self.image).partition("@")[0]
        head, _, last = name.rpartition("/")
        return tuple(part for part in (*head.split("/"), last.partition(":")[0]) if part)

    @property
    def base_name(self) -> str:
        """The last part of the image's name."""
        return self.repository[-1].lower() if self.repository else ""

    @property
    def origin(self) -> str:
        """`its image is postgres`, or `it is built from postgres`."""
        return f"it is built from {self.base_name}" if self.built_from else f"its image is {self.base_name}"

    @cached_property
    def image_words(self) -> tuple[str, ...]:
        """The words of the base name in order, with the part above it where that tells nothing alone."""
        words = split_words(self.base_name)
        if self.base_name in GENERIC_BASE_NAMES and len(self.repository) > 1:
            words = [*split_words(self.repository[-2]), *words]
        return tuple(words)

    @cached_property
    def command(self) -> str:
        """Entrypoint and command on one line, without a leading shell; lower case."""
        return " ".join(filter(None, (self._line("entrypoint"), self._line("command"))))

    @cached_property
    def command_words(self) -> frozenset[str]:
        """The words that entrypoint and command begin with: `./bin/entrypoint-beat.sh` has beat."""
        begin = [part for key in ("entrypoint", "command") for part in self._line(key).split()[:2]]
        names = [part.rsplit("/", 1)[-1] for part in begin if not part.startswith("-")]
        return frozenset(word for name in names for word in split_words(name))

    def _line(self, key: str) -> str:
        parts = _listed(self.body.get(key))
        while parts and (parts[0] in _SHELLS or re.fullmatch(r"-[a-z]*c[a-z]*", parts[0])):
            parts = parts[1:]
        return " ".join(" ".join(parts).split()).lower()

    @property
    def image_tag(self) -> str:
        """The image's tag, as far as it is stated."""
        return (self.built_from or self.image).partition("@")[0].rpartition("/")[2].partition(":")[2]

    @cached_property
    def published(self) -> tuple[Published, ...]:
        """The published ports; of a published range its first."""
        found = []
        for port in self.body.get("ports") or []:
            host = str(port.get("published") or "").partition("-")[0]
            found.append(
                Published(
                    int(host) if host.isdigit() else None, int(port["target"]), port.get("protocol", "tcp")
                )
            )
        return tuple(found)

    @cached_property
    def exposed(self) -> tuple[int, ...]:
        """The ports that the file exposes without publishing them; TCP only."""
        texts = (str(port) for port in self.body.get("expose") or [])
        return tuple(int(text.removesuffix("/tcp")) for text in texts if text.removesuffix("/tcp").isdigit())

    @cached_property
    def published_http(self) -> tuple[Published, ...]:
        """The published ports that may be plain HTTP."""
        return tuple(
            port for port in self.published if port.protocol == "tcp" and may_be_http(port.container)
        )

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """The environment, values as text."""
        given = self.body.get("environment") or {}
        return {str(key): "" if value is None else str(value) for key, value in given.items()}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The labels, values as text."""
        return {str(key): str(value) for key, value in (self.body.get("labels") or {}).items()}

    @cached_property
    def mounts(self) -> tuple[Mapping[str, Any], ...]:
        """The volumes, each in Compose's long form."""
        return tuple(self.body.get("volumes") or ())

    @cached_property
    def needs(self) -> Mapping[str, str]:
        """What it depends on, with the condition."""
        given = self.body.get("depends_on") or {}
        return {name: str((how or {}).get("condition", "service_started")) for name, how in given.items()}

    @property
    def replicas(self) -> int:
        """How many containers it has in each colour."""
        count = self.body.get("scale", (self.body.get("deploy") or {}).get("replicas"))
        return 1 if count is None else int(count)

    @cached_property
    def memory_bytes(self) -> int | None:
        """The memory that one container may use; where there is no limit, what is reserved for it."""
        resources = (self.body.get("deploy") or {}).get("resources") or {}
        given = (
            self.body.get("mem_limit"),
            (resources.get("limits") or {}).get("memory"),
            self.body.get("mem_reservation"),
            (resources.get("reservations") or {}).get("memory"),
        )
        sizes = (int(size) for size in given if size is not None and str(size).isdigit())
        return next((size for size in sizes if size > 0), None)

    @property
    def restarts_always(self) -> bool:
        """Whether it is restarted when it ends well, so that it can't be something that runs once."""
        policy = ((self.body.get("deploy") or {}).get("restart_policy") or {}).get("condition")
        return self.body.get("restart") in ("always", "unless-stopped") or policy == "any"

    @property
    def network_keys(self) -> frozenset[str]:
        """The networks of the file that it is on."""
        if self.body.get("network_mode"):
            return frozenset()
        return frozenset(self.body.get("networks") or ("default",))

    @property
    def network_of(self) -> str:
        """The service whose network it uses; empty for one of its own."""
        mode = str(self.body.get("network_mode") or "")
        return mode.removeprefix("service:") if mode.startswith("service:") else ""

    @property
    def is_on_host_network(self) -> bool:
        """Whether its ports are the host's."""
        return self.body.get("network_mode") == "host"

    @cached_property
    def reads_docker_socket(self) -> bool:
        """Whether it can talk to the engine."""
        return any(DOCKER_SOCKET in str(mount.get("source", "")) for mount in self.mounts)

    @cached_property
    def health_command(self) -> str:
        """Docker's health check on one line; empty where there is none or it is switched off."""
        check = self.body.get("healthcheck") or {}
        if check.get("disable"):
            return ""
        parts = _listed(check.get("test"))
        if not parts or parts[0] == "NONE":
            return ""
        return " ".join(parts[1:] if parts[0] in ("CMD", "CMD-SHELL") else parts)

    @property
    def speaks_fastcgi(self) -> bool:
        """Whether it is PHP-FPM, which answers no browser by itself."""
        return "fpm" in {*split_words(self.image_tag), *self.image_words} or "php-fpm" in self.command

    def shares_files_with(self, other: Service) -> bool:
        """Whether both mount one volume or directory with files; sockets and settings are none."""
        return bool(self._file_sources & other._file_sources)

    @cached_property
    def _file_sources(self) -> frozenset[str]:
        return frozenset(
            str(mount["source"])
            for mount in self.mounts
            if mount.get("source") and not re.match(r"/(var/run|run|etc|tmp)/", str(mount.get("target", "")))
        )

    def has_mount_at(self, path: str) -> bool:
        """Whether `path` is on something mounted, and so not on the container's own disk."""
        tmpfs = (str(entry).partition(":")[0] for entry in _listed(self.body.get("tmpfs")))
        targets = [*(str(mount.get("target", "")) for mount in self.mounts), *tmpfs]
        return any(f"{path.rstrip('/')}/".startswith(target.rstrip("/") + "/") for target in targets)

    def has_data_at(self, paths: Iterable[str]) -> str | None:
        """The first of `paths` that a writable volume is mounted at or below."""
        for mount in self.mounts:
            target = str(mount.get("target", "")).rstrip("/")
            if mount.get("read_only") or "/docker-entrypoint" in target:
                continue
            for path in paths:
                if target == path or target.startswith(path + "/"):
                    return path
        return None


def services_of(model: Mapping[str, Any], built_from: Mapping[str, str] | None = None) -> dict[str, Service]:
    """The services of a resolved model, in its order; `built_from` has the base images that are known."""
    known = built_from or {}
    services = (model.get("services") or {}).items()
    return {name: Service(name, body or {}, known.get(name, "")) for name, body in services}


def may_be_http(port: int) -> bool:
    """Whether nothing speaks against plain HTTP on this container port."""
    return port not in NOT_HTTP_PORTS and port not in TLS_PORTS and (port in HTTP_PORTS or port > 1023)


def split_words(text: str) -> list[str]:
    """The words of a name in order, in lower case."""
    return [word for word in re.split(r"[^a-z0-9]+", _CAMEL.sub("-", text).lower()) if word]


def words_of(text: str) -> frozenset[str]:
    """The words of a name, each also without digits at its end."""
    words = split_words(text)
    return frozenset([*words, *filter(None, (word.rstrip("0123456789") for word in words))])


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]
