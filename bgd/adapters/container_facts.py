"""A container as the engine inspects it, as facts of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bgd.adapters.container_report import service_of
from bgd.domain.difference import Names, Running, Sheet
from bgd.domain.difference.sheet import restart_shown
from bgd.domain.release import Model
from bgd.domain.render.naming import REFERENCE, RELEASE
from bgd.domain.secret import Mask

Attributes = Mapping[str, Any]

_NETWORK_MODES = ("host", "none", "bridge")
_NANOSECOND_S = 1e-9
_DEFAULT_IPC = ("", "private", "shareable")


def running_of(
    inspected: Attributes, image: Attributes | None, peers: Mapping[str, str], names: Names, show: Mask
) -> Running:
    """One container's facts. `image` is the inspection of its image; `peers` has services by container id."""
    config, host = inspected.get("Config") or {}, inspected.get("HostConfig") or {}
    state: Attributes = inspected.get("State") or {}
    service = service_of(config.get("Labels") or {})
    sheet = Sheet(service, names, show)
    of_image = Sheet(service, names, show)
    image_config = (image or {}).get("Config") or {}
    _write_config(of_image, image_config)
    _write_config(sheet, config)
    for target in image_config.get("Volumes") or {}:
        of_image.mount("volume", "", target, False)
    labels = config.get("Labels") or {}
    sheet.image(str(inspected.get("Image") or ""), str(labels.get(REFERENCE) or config.get("Image") or ""))
    sheet.put("release", labels.get(RELEASE))
    mode = str(host.get("NetworkMode") or "")
    if config.get("Hostname") != str(inspected["Id"])[:12] and not mode.startswith(("host", "container:")):
        sheet.put("hostname", config.get("Hostname"))
    sheet.flag("terminal", config.get("Tty"))
    sheet.flag("stdin", config.get("OpenStdin"))
    _write_mounts(sheet, inspected, host)
    _write_networks(sheet, inspected, host, peers)
    _write_limits(sheet, host)
    _write_rights(sheet, host, peers)
    _write_life(sheet, host)
    status = str(state.get("Status") or "")
    has_ended_well = status == "exited" and state.get("ExitCode") == 0
    name = str(inspected.get("Name") or "").lstrip("/")
    return Running(name, service, "done" if has_ended_well else status, sheet.facts, of_image.facts)


def model_of(inspected: Attributes) -> Model:
    """What may be secret in a container, as a Compose model: somebody may have made it by hand."""
    config = inspected.get("Config") or {}
    service = {
        "environment": config.get("Env"),
        "labels": config.get("Labels"),
        "command": config.get("Cmd"),
        "entrypoint": config.get("Entrypoint"),
        "healthcheck": {"test": (config.get("Healthcheck") or {}).get("Test")},
    }
    return {"services": {service_of(config.get("Labels") or {}): service}}


def _write_config(sheet: Sheet, config: Attributes) -> None:
    """What both a container and an image say."""
    sheet.words("entrypoint", config.get("Entrypoint"))
    sheet.words("command", config.get("Cmd"))
    sheet.working_dir(config.get("WorkingDir"))
    sheet.put("user", config.get("User"))
    for item in config.get("Env") or []:
        name, equals, value = str(item).partition("=")
        if equals:  # a name alone takes a variable of the image's away
            sheet.secret(f"environment.{name}", value)
    sheet.labels(config.get("Labels") or {})
    sheet.stopping(config.get("StopSignal"), config.get("StopTimeout"))
    check = config.get("Healthcheck") or {}
    if check.get("Test"):
        keys = ("Interval", "Timeout", "StartPeriod", "StartInterval")
        times = {_words(key): (check.get(key) or 0) * _NANOSECOND_S for key in keys}
        sheet.health(check["Test"], times, check.get("Retries"))


def _write_mounts(sheet: Sheet, inspected: Attributes, host: Attributes) -> None:
    for mount in inspected.get("Mounts") or []:
        kind, source = str(mount.get("Type")), str(mount.get("Source") or "")
        if kind == "volume":
            name = str(mount.get("Name") or "")
            source = "" if _is_anonymous(name) else name
        sheet.mount(kind, source, str(mount["Destination"]), not mount.get("RW", True))
    for target in host.get("Tmpfs") or {}:
        sheet.mount("tmpfs", "", target, False)


def _is_anonymous(volume: str) -> bool:
    return len(volume) == 64 and all(char in "0123456789abcdef" for char in volume)


def _write_networks(sheet: Sheet, inspected: Attributes, host: Attributes, peers: Mapping[str, str]) -> None:
    mode = str(host.get("NetworkMode") or "")
    if mode in _NETWORK_MODES or mode.startswith("container:"):
        sheet.put("network mode", _peer(mode, peers))
    # The engine and Compose add these by themselves, on every network.
    hostname = (inspected.get("Config") or {}).get("Hostname")
    own = {str(inspected["Id"])[:12], str(inspected.get("Name") or "").lstrip("/"), hostname}
    for name, how in ((inspected.get("NetworkSettings") or {}).get("Networks") or {}).items():
        sheet.network(name, [alias for alias in (how or {}).get("Aliases") or () if alias not in own])
    for port, bindings in (host.get("PortBindings") or {}).items():
        told = [f"{b.get('HostIp') or 'any'}:{b.get('HostPort') or 'any'}" for b in bindings or []]
        sheet.names(f"ports.{port}", told)
    pairs = [str(item).partition(":") for item in host.get("ExtraHosts") or []]
    sheet.names("extra hosts", [f"{name} {address}" for name, _, address in pairs])
    sheet.names("dns", host.get("Dns"))


def _write_limits(sheet: Sheet, host: Attributes) -> None:
    memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
    sheet.size("memory", memory)
    sheet.size("memory reserved", host.get("MemoryReservation"))
    sheet.size("memory with swap", 0 if swap == 2 * memory else swap)  # twice is what nothing said amounts to
    sheet.cpus((host.get("NanoCpus") or 0) * _NANOSECOND_S)
    sheet.number("cpu shares", host.get("CpuShares"))
    sheet.quota(host.get("CpuQuota"), host.get("CpuPeriod"))
    sheet.put("cpuset", host.get("CpusetCpus"))
    sheet.number("pids", host.get("PidsLimit"))
    sheet.size("shared memory", host.get("ShmSize"))
    for limit in host.get("Ulimits") or []:
        sheet.ulimit(str(limit["Name"]), int(limit["Soft"]), int(limit["Hard"]))


def _write_rights(sheet: Sheet, host: Attributes, peers: Mapping[str, str]) -> None:
    sheet.capabilities(host.get("CapAdd"), host.get("CapDrop"))
    sheet.names("groups", host.get("GroupAdd"))
    sheet.flag("privileged", host.get("Privileged"))
    sheet.flag("read-only", host.get("ReadonlyRootfs"))
    sheet.security(host.get("SecurityOpt"))
    keys = ("PathOnHost", "PathInContainer", "CgroupPermissions")
    sheet.names("devices", [" ".join(str(d[key]) for key in keys) for d in host.get("Devices") or []])
    sheet.names("sysctls", [f"{key}={value}" for key, value in (host.get("Sysctls") or {}).items()])
    sheet.put("pid namespace", _peer(str(host.get("PidMode") or ""), peers))
    ipc = str(host.get("IpcMode") or "")
    sheet.put("ipc namespace", None if ipc in _DEFAULT_IPC else _peer(ipc, peers))
    sheet.put("oom score", host.get("OomScoreAdj") or None)


def _write_life(sheet: Sheet, host: Attributes) -> None:
    sheet.flag("init", host.get("Init"))
    policy = host.get("RestartPolicy") or {}
    sheet.put("restart", restart_shown(policy.get("Name") or "", policy.get("MaximumRetryCount") or 0))
    log = host.get("LogConfig") or {}
    sheet.logging(str(log.get("Type") or ""), log.get("Config") or {})


def _peer(mode: str, peers: Mapping[str, str]) -> str:
    """`service:web` of `container:4f3a…`, where that is one of the app's."""
    kind, _, other = mode.partition(":")
    return f"service:{peers[other]}" if kind == "container" and other in peers else mode


def _words(key: str) -> str:
    """`start_period` of `StartPeriod`."""
    return "".join("_" + char.lower() if char.isupper() else char for char in key).lstrip("_")
