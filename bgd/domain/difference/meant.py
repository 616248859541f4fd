"""What a rendered project says about its services, as facts: what a container of it has to be."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bgd.domain.difference.facts import Facts
from bgd.domain.difference.names import Names
from bgd.domain.difference.sheet import Sheet, restart_shown
from bgd.domain.duration import parse_duration
from bgd.domain.render.naming import REFERENCE, RELEASE
from bgd.domain.render.networks import Joint
from bgd.domain.render.project import Project
from bgd.domain.render.roster import replicas
from bgd.domain.render.service import mapping
from bgd.domain.restart_policy import RestartPolicy
from bgd.domain.secret import Mask


@dataclass(frozen=True, slots=True)
class Meant:
    """What is said of one service. In the families `unsaid` nothing can be concluded from silence."""

    facts: Facts
    replicas: int = 1
    unsaid: frozenset[str] = frozenset()


def meant_by(project: Project, service: str, names: Names, show: Mask) -> Meant:
    """What a project, of a colour or of what is shared, says about one of its services."""
    document = _unescaped(project.document)
    given = document["services"][service]
    sheet = Sheet(service, names, show)
    _write_process(sheet, given)
    _write_mounts(sheet, given, document)
    _write_networks(sheet, given, document, project.joints.get(service, ()))
    _write_limits(sheet, given)
    _write_rights(sheet, given)
    _write_life(sheet, given)
    unsaid = {"mounts"} if given.get("volumes_from") else set()
    if given.get("entrypoint") == []:
        unsaid |= {"entrypoint", "command"}
    return Meant(sheet.facts, replicas(given), frozenset(unsaid))


def _write_process(sheet: Sheet, given: Mapping[str, Any]) -> None:
    labels = mapping(given.get("labels"))
    sheet.image(str(given["image"]), str(labels.get(REFERENCE) or ""))
    sheet.put("release", labels.get(RELEASE))
    sheet.words("entrypoint", _words(given.get("entrypoint")))
    sheet.words("command", _words(given.get("command")))
    sheet.working_dir(given.get("working_dir"))
    sheet.put("user", str(given.get("user") or ""))
    sheet.names("groups", given.get("group_add"))
    for name, value in mapping(given.get("environment")).items():
        sheet.secret(f"environment.{name}", None if value is None else _text(value))
    sheet.labels({name: _text(value) for name, value in labels.items()})
    sheet.flag("terminal", given.get("tty"))
    sheet.flag("stdin", given.get("stdin_open"))
    sheet.flag("init", given.get("init"))


def _write_mounts(sheet: Sheet, given: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    volumes = document.get("volumes") or {}
    for mount in given.get("volumes") or []:
        source, kind = str(mount.get("source") or ""), str(mount.get("type"))
        if kind == "volume" and source:
            source = str((volumes.get(source) or {}).get("name") or source)
        sheet.mount(kind, source, str(mount["target"]), bool(mount.get("read_only")))
    tmpfs = given.get("tmpfs") or []
    for target in [tmpfs] if isinstance(tmpfs, str) else tmpfs:
        sheet.mount("tmpfs", "", target.partition(":")[0], False)
    for kind, base in (("secrets", "/run/secrets/"), ("configs", "/")):
        for item in given.get(kind) or []:
            ref = item if isinstance(item, Mapping) else {"source": item}
            of = (document.get(kind) or {}).get(ref["source"]) or {}
            if of.get("file"):  # others are copied into the container
                target = posixpath.join(base, str(ref.get("target") or ref["source"]))
                sheet.mount("bind", str(of["file"]), target, True)


def _write_networks(
    sheet: Sheet, given: Mapping[str, Any], document: Mapping[str, Any], joints: Sequence[Joint]
) -> None:
    sheet.put("network mode", given.get("network_mode"))
    for key, how in (given.get("networks") or {}).items():
        name = str(document["networks"][key]["name"])
        aliases = (how or {}).get("aliases") or ()
        added = (given.get("hostname"), given.get("container_name"))  # everywhere, by engine and Compose
        sheet.network(name, [alias for alias in aliases if alias not in added])
    for joint in joints:
        sheet.network(joint.network, joint.aliases)
    published: dict[str, list[str]] = {}
    for port in given.get("ports") or []:
        door = f"{port.get('host_ip') or 'any'}:{port.get('published') or 'any'}"
        published.setdefault(f"ports.{port['target']}/{port.get('protocol') or 'tcp'}", []).append(door)
    for aspect, doors in published.items():
        sheet.names(aspect, doors)
    sheet.put("hostname", given.get("hostname"))
    hosts = given.get("extra_hosts") or {}
    pairs = hosts.items() if isinstance(hosts, Mapping) else [_pair(item) for item in hosts]
    sheet.names("extra hosts", [f"{name} {address}" for name, address in pairs])
    dns = given.get("dns") or []
    sheet.names("dns", [dns] if isinstance(dns, str) else dns)


def _write_limits(sheet: Sheet, given: Mapping[str, Any]) -> None:
    resources = (given.get("deploy") or {}).get("resources") or {}
    limits, reserved = resources.get("limits") or {}, resources.get("reservations") or {}
    sheet.size("memory", limits.get("memory") or given.get("mem_limit"))
    sheet.size("memory reserved", reserved.get("memory") or given.get("mem_reservation"))
    sheet.size("memory with swap", given.get("memswap_limit"))
    sheet.cpus(float(limits.get("cpus") or given.get("cpus") or 0))
    sheet.number("cpu shares", given.get("cpu_shares"))
    sheet.quota(given.get("cpu_quota"), given.get("cpu_period"))
    sheet.put("cpuset", given.get("cpuset"))
    sheet.number("pids", limits.get("pids") or given.get("pids_limit"))
    sheet.size("shared memory", given.get("shm_size"))
    for name, limit in (given.get("ulimits") or {}).items():
        soft, hard = (limit["soft"], limit["hard"]) if isinstance(limit, Mapping) else (limit, limit)
        sheet.ulimit(name, int(soft), int(hard))


def _write_rights(sheet: Sheet, given: Mapping[str, Any]) -> None:
    sheet.capabilities(given.get("cap_add"), given.get("cap_drop"))
    sheet.flag("privileged", given.get("privileged"))
    sheet.flag("read-only", given.get("read_only"))
    sheet.security(given.get("security_opt"))
    sheet.names("devices", [_device(item) for item in given.get("devices") or []])
    sheet.names("sysctls", [f"{k}={_text(v)}" for k, v in mapping(given.get("sysctls")).items()])
    sheet.put("pid namespace", given.get("pid"))
    sheet.put("ipc namespace", given.get("ipc"))
    sheet.put("oom score", given.get("oom_score_adj"))


def _write_life(sheet: Sheet, given: Mapping[str, Any]) -> None:
    sheet.put("restart", _restart(given))
    sheet.stopping(given.get("stop_signal"), _seconds(given.get("stop_grace_period")) or None)
    check = given.get("healthcheck") or {}
    test = check.get("test")
    words = ["CMD-SHELL", test] if isinstance(test, str) else _words(test)
    if check.get("disable"):
        words = ["NONE"]
    sheet.health(
        words,
        {key: _seconds(check.get(key)) for key in ("interval", "timeout", "start_period", "start_interval")},
        check.get("retries"),
    )
    if logging := given.get("logging"):
        options = {k: _text(v) for k, v in mapping(logging.get("options")).items()}
        sheet.logging(str(logging.get("driver") or ""), options)


def _restart(given: Mapping[str, Any]) -> str | None:
    policy = RestartPolicy.of(given)
    return restart_shown(policy.name, policy.tries)


def _seconds(value: object) -> float:
    try:
        return parse_duration(value) if value else 0.0
    except ValueError:
        return 0.0


def _words(given: Any) -> list[str] | None:
    if given is None:
        return None
    return [_text(word) for word in given] if isinstance(given, list) else shlex.split(str(given))


def _device(item: Any) -> str:
    if isinstance(item, Mapping):
        source = str(item.get("source") or "")
        parts = [source, item.get("target") or source, item.get("permissions") or "rwm"]
    else:
        parts = [*str(item).split(":"), "", ""][:3]
        parts = [parts[0], parts[1] or parts[0], parts[2] or "rwm"]
    return " ".join(map(str, parts))


def _pair(item: Any) -> tuple[str, str]:
    text = str(item)
    name, _, address = text.partition("=" if "=" in text else ":")
    return name, address


def _text(value: object) -> str:
    """A scalar as Compose hands it on."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unescaped(node: Any) -> Any:
    """The document with `$` for `$$`, as the engine gets it."""
    if isinstance(node, Mapping):
        return {key: _unescaped(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_unescaped(value) for value in node]
    return node.replace("$$", "$") if isinstance(node, str) else node
