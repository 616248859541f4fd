"""The values of the `x-bgd` block: each reader takes what YAML has and returns what it means.

They raise `ValueError` with a clause that follows the key's name: `x-bgd.route.port: 70000 is not a port`.
A number that came through a `${VARIABLE}` arrives as text (`"3000"`), as everywhere in Compose, so
text of digits is taken for a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bgd.domain.duration import parse_duration
from bgd.domain.nginx_words import RESERVED_DOMAIN
from bgd.domain.settings import Promote, Role
from bgd.domain.spelling import did_you_mean
from bgd.domain.window import DAYS, WHOLE_DAY_MIN

APP_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
APP_NAME_RULE = "at most 40 of a-z, 0-9, - and _, beginning with a letter or a digit"
MAX_DRAIN_S = 3600.0
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_ROUTE_PATH = re.compile(r"(?:/[A-Za-z0-9._~@+-]+)*/?")
_PROBE_PATH = re.compile(r"/[!-\"$-~]*")  # no space, no control, no fragment
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def plain_text(value: object) -> str:
    """Text that is text: numbers and booleans need quotes."""
    if not isinstance(value, str):
        raise ValueError("needs text" + (f": write {_quoted(value)}" if _is_plain(value) else ""))
    if "\0" in value:
        raise ValueError("contains a NUL byte")
    return value


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _quoted(value: object) -> str:
    return json.dumps(str(value).lower() if isinstance(value, bool) else str(value))


def name(value: object) -> str:
    """The name of a service."""
    text = plain_text(value)
    if not text:
        raise ValueError("is empty: name a service")
    return text


def app(value: object) -> str:
    """The name of an app."""
    text = plain_text(value)
    if not APP_NAME.fullmatch(text):
        raise ValueError(f"{text!r} can't name an app: {APP_NAME_RULE}")
    return text


def _whole(value: object, what: str, low: int, high: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"needs {what}: a whole number from {low} to {high}")
    if not low <= value <= high:
        raise ValueError(f"{value} is not {what}: it goes from {low} to {high}")
    return value


def port(value: object) -> int:
    """A TCP port."""
    return _whole(value, "a port", 1, 65535)


def status(value: object) -> int:
    """An HTTP status."""
    return _whole(value, "an HTTP status", 100, 599)


def count(value: object) -> int:
    """How many requests."""
    return _whole(value, "a number of requests", 0, 1_000_000)


def factor(value: object) -> float:
    """How many times as much, also as a variable's text."""
    try:
        number = 0.0 if isinstance(value, bool) else float(str(value).strip().removesuffix("x"))
    except ValueError:
        number = 0.0
    if not 1 < number < 1000:
        raise ValueError("needs a number above 1, like 2 or 1.5")
    return number


def shift(value: object) -> object:
    """A list of steps, as the mapping that it stands for."""
    return {"steps": listed(value)} if isinstance(value, str | list) else value


def percent(value: object) -> int:
    """A whole percent of the visitors, from 1 to 100."""
    match = re.fullmatch(r"(\d{1,3})\s*%", value.strip()) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[1]) <= 100:
        raise ValueError(f"{value!r} is no share of the visitors: write whole percents from 1% to 100%")
    return int(match[1])


def rising(steps: list[int]) -> list[int]:
    """Shares that only grow, up to all."""
    for before, after in pairwise(steps):
        if after <= before:
            raise ValueError(f"{after}% comes after {before}%: shares only grow, as nobody goes back")
    if not steps or steps[-1] != 100:
        raise ValueError("ends before all visitors have moved: let 100% be the last step")
    return steps


def boolean(value: object) -> bool:
    """True or false, also as a variable's text."""
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError("needs true or false")
    return value


def host(value: object) -> str:
    """A host name in lower case, or `*.` and one; without scheme and port."""
    text = plain_text(value).lower().rstrip(".")
    if "://" in text:
        raise ValueError(f"{value!r} is a URL: write the host name alone")
    if re.fullmatch(r"[^:]+:\d+", text):
        raise ValueError(f"{value!r} has a port: write the host name alone")
    if not text.isascii():
        raise ValueError(f"{value!r} isn't ASCII: write it in its xn-- form")
    if not _HOST.fullmatch(text) or len(text) > 253:
        raise ValueError(f"{value!r} is no host name: write it like shop.example.com or *.example.com")
    if text == RESERVED_DOMAIN or text.endswith(f".{RESERVED_DOMAIN}"):
        raise ValueError(f"{value!r} is bgd's own: names below {RESERVED_DOMAIN} are reserved")
    return text


def route_path(value: object) -> str:
    """A path to route by: plain, without a slash at its end. It goes into nginx's configuration."""
    text = plain_text(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} doesn't begin with /")
    if not _ROUTE_PATH.fullmatch(text) or "/../" in text + "/" or "/./" in text + "/":
        raise ValueError(f"{text!r} can't be routed by: write a plain path like /shop")
    return text.rstrip("/") or "/"


def asset_path(value: object) -> str:
    """Where an app's files are that have their version in their name."""
    path = route_path(value)
    if path == "/":
        raise ValueError("'/' is the whole app: name the path of its files, like /static")
    return path


def probe_path(value: object) -> str:
    """A path to request, with a query if need be, as it is sent."""
    text = plain_text(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} doesn't begin with /: write the path alone, without host")
    if not _PROBE_PATH.fullmatch(text):
        raise ValueError(f"{text!r} has a space, a # or a character that isn't ASCII: percent-encode it")
    return text


def duration(value: object) -> float:
    """Seconds."""
    return parse_duration(value)


def positive(value: object) -> float:
    """Seconds, more than 0."""
    seconds = parse_duration(value)
    if not seconds:
        raise ValueError("is 0: it must be longer")
    return seconds


def drain(value: object) -> float:
    """Seconds, at most an hour."""
    seconds = parse_duration(value)
    if seconds > MAX_DRAIN_S:
        raise ValueError(f"{value!r} is longer than 1h, the most a drain may take")
    return seconds


def keep(value: object) -> float | None:
    """Seconds, or `None` for always."""
    if value == "always":
        return None
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or `always`") from None


def regex(value: object) -> str:
    """A regular expression that compiles."""
    text = plain_text(value)
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


def body(value: object) -> object:
    """Text as it stands; a mapping or a list is sent as JSON."""
    return value if isinstance(value, dict | list) else plain_text(value)


def header_text(value: object) -> str:
    """The value of a header: printable ASCII on one line."""
    text = str(value) if _is_plain(value) and not isinstance(value, bool) else plain_text(value)
    if not text.isprintable() or not text.isascii():
        raise ValueError("a header's value is printable ASCII, on one line")
    return text


def header_name(value: object) -> str:
    """The name of a header."""
    text = plain_text(value)
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{text!r} can't name a header")
    return text


def listed(value: object) -> object:
    """One value as a list of one."""
    return value if isinstance(value, list) else [value]


def command(value: object) -> list[str]:
    """An argument list; text is a line for the shell, as in a Compose file's health check."""
    if isinstance(value, str) and value.strip():
        return ["/bin/sh", "-c", value]
    if not isinstance(value, list) or not value:
        raise ValueError("needs a command: a list like [python, smoke.py], or a line for the shell")
    words = []
    for word in value:
        if isinstance(word, bool) or not isinstance(word, str | int | float) or "\0" in str(word):
            raise ValueError("needs a command of plain words: quote what YAML takes for something else")
        words.append(str(word))
    if not words[0]:
        raise ValueError("needs a command: its first word is empty")
    return words


def role(value: object) -> Role:
    """The role of a service."""
    known = [role.value for role in Role]
    if value not in known:
        raise ValueError(f"{value!r} is no role: {did_you_mean(str(value), known)}")
    return Role(str(value))


def promote(value: object) -> Promote:
    """Whether a deployment switches by itself."""
    if value not in ("auto", "manual"):
        raise ValueError(f"{value!r} is neither auto nor manual")
    return Promote(str(value))


def json_object(value: object) -> object:
    """What a JSON body must have at which paths: not nothing."""
    if isinstance(value, Mapping) and not value:
        raise ValueError("expects nothing: write a path and its value, like {status: ok}")
    return value


def hook(value: object) -> object:
    """A hook that is a command alone is run in a container."""
    return {"run": command(value)} if isinstance(value, str | list) else value


def watch(value: object) -> object:
    """True, false or `build`, as the mapping that they stand for."""
    if value == "build":
        return {"build": True}
    if isinstance(value, Mapping):
        return value
    if value in ("true", "false") or isinstance(value, bool):
        return {} if boolean(value) else None
    raise ValueError("needs true or false, `build`, or a mapping like {images: 5m}")


def interval(value: object) -> float:
    """Seconds, at least one."""
    seconds = parse_duration(value)
    if seconds < 1:
        raise ValueError("is shorter than a second")
    return seconds


def days(value: object) -> tuple[int, ...]:
    """Days of the week: `mon-fri`, `sat,sun`, or a list of such; 0 is Monday."""
    found: set[int] = set()
    for item in value if isinstance(value, list) else [value]:
        for part in plain_text(item).lower().split(","):
            first, dash, last = (word.strip() for word in part.partition("-"))
            for word in (first, last or first):
                if word not in DAYS or (dash and not last):
                    raise ValueError(f"{part.strip()!r} is no day: write mon-fri, or sat,sun")
            begin, end = DAYS.index(first), DAYS.index(last or first)
            found.update(day % 7 for day in range(begin, end + 1 + (7 if end < begin else 0)))
    return tuple(sorted(found))


def clock_time(value: object) -> int:
    """Minutes since midnight of `09:00`, up to `24:00`."""
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)", value) if isinstance(value, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else WHOLE_DAY_MIN + 1
    if minutes > WHOLE_DAY_MIN:
        raise ValueError('is no time of day: write it in quotes, like "09:00", up to "24:00"')
    return minutes


def zone(value: object) -> str:
    """The name of a time zone that this machine knows."""
    text = plain_text(value)
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{text!r} is no time zone that this machine knows: like Europe/Berlin, or install tzdata"
        ) from None
    return text


def notice_url(value: object) -> str:
    """Where to send a notification: a URL of Apprise's, never echoed, for it holds a secret."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\x00]+", value):
        raise ValueError("needs the URL of a notification service, as Apprise writes them: ntfys://topic")
    return value
