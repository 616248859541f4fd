"""Secrets of a Compose model: found by name or by shape, and masked wherever text leaves bgd.

A model doesn't say what is secret. `docker compose config` has resolved everything by then, so that a value
of an `env_file` looks like any other. Masking every value would be safe and useless: with `production` of
`NODE_ENV` and `3000` of `PORT` masked, no message could be read. So a value is secret when its name says so,
when it looks like one, or when it came through `secrets:`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from bgd.domain.release import Model

MASK = "•••"
MIN_CHARS = 4
"""Shorter values aren't masked: what is three letters long is a part of many words, and no secret."""

Mask = Callable[[str], str]

_NAMED = re.compile(
    r"(?<!com)(?<!by)pass(?!enger|ive|age)|password|passwd|pwd|secret|token|credential|private|salt|signature|signing|api_?key"
    r"|(?:^|[_.-])(?:key|auth|pat|dsn|cookie|cert|pin|webhook)s?(?:$|[_.-])|basicauth|encryption|_key",
    re.IGNORECASE,
)
_PUBLIC_NAME = re.compile(
    r"(?:_file|_path|_dir|_url_path|_ttl|_expiry|_timeout|_min_length|_algorithm)$", re.I
)
_HARMLESS = re.compile(r"|true|false|yes|no|on|off|none|null|auto|default|enabled|disabled|\d{1,5}", re.I)
_POINTER = re.compile(
    r"\$+[({\w].*"  # a variable or a command of the container's own shell
    r"|(?:\.{0,2}/)?(?:[\w.-]+/)+[\w.-]+\.\w{1,8}|/(?:run|etc|var|usr|opt|srv|home|tmp|mnt)/.*"  # a path
    r"|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){2,}",  # the name of a class
    re.DOTALL,
)
"""What tells where a secret is or how it is used, and isn't one."""

_URL_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:([^@\s/]+)@", re.IGNORECASE)
_DSN_PASSWORD = re.compile(r"(?:password|pwd)\s*=\s*['\"]?([^;'\"\s]+)", re.IGNORECASE)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KNOWN_SHAPES = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JSON web token
    r"|(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abps]|AKIA|SG|whsec)[-_.]?[A-Za-z0-9_.-]{14,}"
    r"|[0-9a-f]{32,}|[0-9A-F]{32,}"
)
_RANDOM = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_FLAG = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)
_SETTING = re.compile(r"""^\s*["']?([\w.-]+)["']?\s*[:=]\s*["']?(.+?)["']?[,;]?\s*$""")


def secrets_of(model: Model) -> frozenset[str]:
    """The secret values of a model, in every form in which they may turn up in a message.

    A value that is also the name of a service or the app's isn't one of them: where `postgres` is a service
    and its password too, the word in a message gives nothing away, and masked it would hide what failed.
    """
    open_names = {str(model.get("name") or ""), *(model.get("services") or {})}
    found: set[str] = set()
    for name, value in _values(model):
        found.update(_secret_parts(name, value))
    for given in _definitions(model, "secrets"):
        found.update(str(given[key]) for key in ("content", "x-bgd-value") if given.get(key) is not None)
    for given in _definitions(model, "configs"):
        found.update(_settings(str(given.get("content") or given.get("x-bgd-value") or "")))
    found.update(_notices(model))
    return forms_of(found - open_names)


def forms_of(values: Iterable[str]) -> frozenset[str]:
    """The values as they may be printed: plain, with `$` doubled as Compose has it, quoted, line by line."""
    forms: set[str] = set()
    for value in values:
        plain = value.replace("$$", "$")
        lines = plain.splitlines() if "\n" in plain else [plain]
        for text in {value, *(line.strip() for line in lines)}:
            forms.update((text, text.replace("$", "$$"), json.dumps(text)[1:-1]))
    return frozenset(form for form in forms if len(form) >= MIN_CHARS)


def masked(text: str, secrets: frozenset[str]) -> str:
    """`text` with every secret in it replaced by `•••`."""
    if not secrets or not text:
        return text
    return _pattern(secrets).sub(MASK, text)


def masked_model(model: Model) -> Model:
    """The model as it may be shown: values of environments, build arguments, secrets and configs are `•••`.

    Secrets that stand elsewhere, in a command or a label, are masked by what they are.
    """
    secrets = secrets_of(model)
    shown: Model = _masked_tree(model, secrets)
    for service in (shown.get("services") or {}).values():
        if not isinstance(service, dict):
            continue
        _blank(service, "environment")
        if isinstance(service.get("build"), dict):
            _blank(service["build"], "args")
    own = shown.get("x-bgd")
    if isinstance(own, dict) and "notify" in own:
        own["notify"] = MASK
    for kind in ("secrets", "configs"):
        for given in (shown.get(kind) or {}).values():
            for key in ("content", "x-bgd-value"):
                if isinstance(given, dict) and key in given:
                    given[key] = MASK
    return shown


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    # The longest first: a secret that begins with another one must not leave its rest behind.
    return re.compile("|".join(map(re.escape, sorted(secrets, key=lambda s: (-len(s), s)))))


def _masked_tree(node: Any, secrets: frozenset[str]) -> Any:
    if isinstance(node, Mapping):
        return {key: _masked_tree(value, secrets) for key, value in node.items()}
    if isinstance(node, list):
        return [_masked_tree(value, secrets) for value in node]
    return masked(node, secrets) if isinstance(node, str) else node


def _blank(owner: dict[str, Any], key: str) -> None:
    given = owner.get(key)
    if isinstance(given, Mapping):
        owner[key] = {name: None if value is None else MASK for name, value in given.items()}
    elif isinstance(given, list):
        owner[key] = [f"{str(item).partition('=')[0]}={MASK}" if "=" in str(item) else item for item in given]


def _notices(model: Model) -> Iterator[str]:
    """The URLs of notifications: with Apprise, a token may stand anywhere in one."""
    own = model.get("x-bgd")
    given = own.get("notify") if isinstance(own, Mapping) else None
    yield from (str(url) for url in (given if isinstance(given, list) else [given]) if url)


def _definitions(model: Model, kind: str) -> Iterator[Mapping[str, Any]]:
    for given in (model.get(kind) or {}).values():
        if isinstance(given, Mapping):
            yield given


def _values(model: Model) -> Iterator[tuple[str, str]]:
    """Everything of the services that has a name and a value."""
    for service in (model.get("services") or {}).values():
        if not isinstance(service, Mapping):
            continue
        build = service.get("build")
        arguments = build.get("args") if isinstance(build, Mapping) else None
        for given in (service.get("environment"), arguments, service.get("labels")):
            yield from _pairs(given)
        for words in (
            service.get("command"),
            service.get("entrypoint"),
            (service.get("healthcheck") or {}).get("test"),
        ):
            yield from _flags(words.split() if isinstance(words, str) else words or [])


def _pairs(given: Any) -> Iterator[tuple[str, str]]:
    if isinstance(given, Mapping):
        yield from ((str(name), str(value)) for name, value in given.items() if value is not None)
    elif isinstance(given, list):
        for item in given:
            name, equals, value = str(item).partition("=")
            if equals:
                yield name, value


def _flags(words: list[Any]) -> Iterator[tuple[str, str]]:
    """`--requirepass X` and `--password=X`, also within a line for a shell."""
    flat = [part for word in words for part in str(word).split()]
    for index, word in enumerate(flat):
        match = _FLAG.fullmatch(word)
        if not match:
            continue
        if match[2] is not None:
            yield match[1], match[2].strip("\"'")
        elif index + 1 < len(flat) and not flat[index + 1].startswith("-"):
            yield match[1], flat[index + 1].strip("\"'")


def _settings(content: str) -> Iterator[str]:
    """The secrets in a configuration file, as far as its lines are `name = value` or `name: value`."""
    for line in content.splitlines():
        if match := _SETTING.match(line):
            yield from _secret_parts(match[1], match[2])


def _secret_parts(name: str, value: str) -> Iterator[str]:
    """What of the value is secret: all of it, the password in it, or nothing."""
    if inside := [*_URL_PASSWORD.findall(value), *_DSN_PASSWORD.findall(value)]:
        yield from inside
    elif _HARMLESS.fullmatch(value) or _POINTER.fullmatch(value):
        return
    elif _is_told(name) or _is_shaped(value):
        yield value


def _is_told(name: str) -> bool:
    return bool(_NAMED.search(name)) and not _PUBLIC_NAME.search(name)


def _is_shaped(value: str) -> bool:
    return bool(_PEM.search(value) or _KNOWN_SHAPES.fullmatch(value)) or _is_random(value)


def _is_random(value: str) -> bool:
    """Twenty characters and more of three kinds, without the separators that words and paths have."""
    if not _RANDOM.fullmatch(value) or value.startswith("/"):
        return False
    kinds = (str.islower, str.isupper, str.isdigit)
    return all(any(kind(char) for char in value) for kind in kinds)
