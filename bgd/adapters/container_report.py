"""Containers as the engine lists them, as values of the domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bgd.adapters.compose_project import SERVICE as COMPOSE_SERVICE
from bgd.domain.container import Container, Health
from bgd.domain.render.naming import APP, COLOR, COMMAND, REFERENCE, RELEASE, ROLE, SERVICE
from bgd.domain.settings import Role

ONE_OFFS = {str(Role.TASK), COMMAND}

_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)")
_EXIT = re.compile(r"^(?:Exited|Restarting) \((\d+)\)")


def container_of(listed: Mapping[str, Any], inspected: Mapping[str, Any] | None = None) -> Container:
    """A container from an entry of `/containers/json`, and where given from its inspection.

    The list has health and exit status only in its sentence for people (`Up 2 minutes (healthy)`); restarts,
    memory and times take the inspection.
    """
    labels: Mapping[str, str] = listed.get("Labels") or {}
    sentence = str(listed.get("Status") or "")
    health = _HEALTH.search(sentence)
    exit_code = _EXIT.match(sentence)
    state: Mapping[str, Any] = (inspected or {}).get("State") or {}
    if state.get("Health") and state["Health"].get("Status") in set(Health):
        told = Health(state["Health"]["Status"])
    else:
        told = Health(health[1]) if health else Health.NONE
    has_ended = not state.get("Running") or state.get("Restarting")
    networks = (inspected or listed).get("NetworkSettings", {}).get("Networks") or {}
    return Container(
        id=listed["Id"],
        name=_name(listed),
        service=service_of(labels),
        app=labels.get(APP, ""),
        color=labels.get(COLOR),
        release=labels.get(RELEASE),
        status=str(state.get("Status") or listed.get("State") or ""),
        health=told,
        image=labels.get(REFERENCE) or str(listed.get("Image") or ""),
        restarts=int((inspected or {}).get("RestartCount") or 0),
        exit_code=_exit_code(state, exit_code, bool(has_ended)),
        oom_killed=bool(state.get("OOMKilled")),
        has_health_check=_has_check(inspected) or health is not None,
        addresses=_addresses(networks),
        started_at=_time(state.get("StartedAt")),
        pid=state.get("Pid") or None,
        one_off=labels.get(ROLE) in ONE_OFFS,
    )


def service_of(labels: Mapping[str, str]) -> str:
    """The service of the app's file that a container belongs to; a command belongs to the one it imitates."""
    return labels.get(SERVICE) or labels.get(COMPOSE_SERVICE, "")


def _name(listed: Mapping[str, Any]) -> str:
    return str((listed.get("Names") or [""])[0]).lstrip("/")


def _exit_code(state: Mapping[str, Any], told: re.Match[str] | None, has_ended: bool) -> int | None:
    if state:
        return int(state["ExitCode"]) if has_ended and state.get("Status") != "created" else None
    return int(told[1]) if told else None


def _has_check(inspected: Mapping[str, Any] | None) -> bool:
    test = (((inspected or {}).get("Config") or {}).get("Healthcheck") or {}).get("Test")
    return bool(test) and test != ["NONE"]


def _addresses(networks: Mapping[str, Any]) -> tuple[str, ...]:
    found = (on.get(key) for on in networks.values() for key in ("IPAddress", "GlobalIPv6Address"))
    return tuple(address for address in found if address)


def _time(text: Any) -> str | None:
    """Docker's zero time means never."""
    return None if not text or str(text).startswith("0001-") else str(text)
