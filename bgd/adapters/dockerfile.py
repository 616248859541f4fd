"""What a Dockerfile tells before its image is built: what it starts from, which ports it declares, and
whether it has a health check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 256 * 1024
_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_EXPOSE = re.compile(r"EXPOSE\s+(.+)$", re.IGNORECASE)
_CHECK = re.compile(r"HEALTHCHECK\s+(?!NONE\b)", re.IGNORECASE)
_ARGUMENT = re.compile(r"ARG\s+(\w+)=(\S+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Built:
    """An image that isn't built yet: the image that it starts from, its ports (TCP only), and whether
    it has a health check.
    """

    base: str
    ports: tuple[int, ...]
    is_checked: bool = False


def built_images(model: Mapping[str, Any]) -> dict[str, Built]:
    """What the Dockerfiles of a model's services tell, by service; those that can't be read are left out."""
    found = {}
    for name, service in (model.get("services") or {}).items():
        build = (service or {}).get("build")
        if not isinstance(build, dict):
            continue
        text = _text(build)
        if text is not None and (built := parse(text, str(build.get("target") or ""))):
            found[name] = built
    return found


def parse(text: str, target: str = "") -> Built | None:
    """The last stage of a Dockerfile, or the one called `target`, with the stages that it stands on."""
    arguments: dict[str, str] = {}
    stages: dict[str, tuple[str, list[int]]] = {}
    checked: set[str] = set()
    current = ""
    for line in _lines(text):
        if match := _FROM.match(line):
            if current and current == target.lower():
                break
            base = _filled(match[1], arguments)
            current = (match[2] or f"#{len(stages)}").lower()
            stages[current] = (base, [])
        elif match := _ARGUMENT.match(line):
            arguments.setdefault(match[1], match[2].strip("\"'"))
        elif (match := _EXPOSE.match(line)) and current:
            stages[current][1].extend(_ports(_filled(match[1], arguments)))
        elif _CHECK.match(line):
            checked.add(current)
    if not current:
        return None
    base, ports = stages[current]
    is_checked = current in checked
    for _ in stages:
        if base.lower() not in stages:
            break
        is_checked = is_checked or base.lower() in checked
        base, below = stages[base.lower()]
        ports = [*ports, *below]
    return Built(base, tuple(dict.fromkeys(ports)), is_checked)


def _text(build: Mapping[str, Any]) -> str | None:
    if inline := build.get("dockerfile_inline"):
        return str(inline).replace("$$", "$")
    try:
        path = Path(str(build.get("context") or ".")) / str(build.get("dockerfile") or "Dockerfile")
        if not path.is_file():
            return None
        with path.open(errors="replace") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError):
        return None


def _lines(text: str) -> Iterator[str]:
    """Instructions, each on one line, without comments."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\[ \t]*\n", " ", kept).splitlines():
        if line.strip():
            yield line.strip()


def _ports(text: str) -> Iterator[int]:
    for word in text.split():
        number = word.lower().removesuffix("/tcp").partition("-")[0]
        if number.isdigit() and 0 < int(number) < 65536:
            yield int(number)


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: arguments.get(match[1] or match[3], match[2] or ""), text)
