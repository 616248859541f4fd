"""The daemon's configuration: flags, then variables, then `bgd.toml`, then the defaults."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bgd.errors import InvalidInput

DEFAULT_PROXY_IMAGE = "nginx:1.30-alpine"

_INSTANCE = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def _address(told: str) -> str:
    """`ADDR:PORT`, the address an IPv4 or `[IPv6]`."""
    host, _, port = told.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise ValueError(f"{told!r} isn't ADDR:PORT with a numeric address, like 127.0.0.1:8080") from None
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f"the port of {told!r} isn't from 1 to 65535")
    return told


def _path(told: object) -> object:
    """Where something is; nothing would be the directory that the daemon happens to be started in."""
    if told == "":
        raise ValueError("is empty: name a path")
    return told


def _instance(told: str) -> str:
    if not _INSTANCE.fullmatch(told):
        raise ValueError("lower-case letters, digits and dashes, at most 31, a letter or digit first")
    return told


def _words(told: object) -> object:
    """A variable has several with blanks between them."""
    return told.split() if isinstance(told, str) else told


def _proxy(told: str) -> str:
    """An address or a network, as nginx takes it."""
    try:
        network = ipaddress.ip_network(told)
    except ValueError as error:
        raise ValueError(f"{error}: an address or a network is needed, like 10.0.0.0/8") from None
    if not network.prefixlen:
        raise ValueError(f"{told} is everybody: any client could say that it is another")
    return str(network)


def _notice_url(told: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", told):
        raise ValueError("that is no URL of a notification service, such as ntfys://topic")
    return told


Address = Annotated[str, AfterValidator(_address)]
Place = Annotated[Path, BeforeValidator(_path)]


class Config(BaseModel):
    """What the daemon is told. Paths are absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    socket: Place
    state_dir: Place
    http: Address
    preview: Address
    proxy_image: Annotated[str, Field(min_length=1, pattern=r"^[^\s]+$")] = DEFAULT_PROXY_IMAGE
    instance: Annotated[str, AfterValidator(_instance)] = "bgd"
    host_hooks: bool = False
    trusted_proxies: Annotated[
        tuple[Annotated[str, AfterValidator(_proxy)], ...], BeforeValidator(_words)
    ] = ()
    notify: Annotated[tuple[Annotated[str, AfterValidator(_notice_url)], ...], BeforeValidator(_words)] = ()


KEYS = tuple(Config.model_fields)


def defaults(environ: Mapping[str, str], is_root: bool) -> dict[str, str]:
    """The built-in values, as root and as a user."""
    if is_root:
        return {
            "socket": "/run/bgd/bgd.sock",
            "state_dir": "/var/lib/bgd",
            "http": "0.0.0.0:80",
            "preview": "127.0.0.1:8081",
        }
    home = Path(environ.get("HOME") or "/")
    run = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    state = environ.get("XDG_STATE_HOME") or str(home / ".local/state")
    return {
        "socket": f"{run}/bgd/bgd.sock",
        "state_dir": f"{state}/bgd",
        "http": "127.0.0.1:8080",
        "preview": "127.0.0.1:8081",
    }


def config_file(flag: str | None, environ: Mapping[str, str], is_root: bool) -> Path | None:
    """The file to read: the one that was named, else the usual one where it exists."""
    if told := flag or environ.get("BGD_CONFIG"):
        return Path(told)
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or "/") / ".config")
    usual = Path("/etc/bgd/bgd.toml") if is_root else Path(base) / "bgd/bgd.toml"
    return usual if usual.is_file() else None


def load(flags: Mapping[str, Any], environ: Mapping[str, str], is_root: bool) -> Config:
    """Put the configuration together. Raises `InvalidInput` that names the flag, variable or key."""
    values: dict[str, Any] = dict(defaults(environ, is_root))
    named = dict.fromkeys(values, "the default")
    file = config_file(flags.get("config"), environ, is_root)
    if file is not None:
        for key, value in _read(file).items():
            values[key], named[key] = value, f"{file}: {key}"
    for key in KEYS:
        variable = f"BGD_{key.upper()}"
        if environ.get(variable):
            values[key], named[key] = environ[variable], variable
        flag = flags.get(key)
        if flag is not None:
            values[key], named[key] = flag, f"--{key.replace('_', '-')}"
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        told = [
            f"{named.get(str(e['loc'][0]), str(e['loc'][0]))}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_url=False)
        ]
        raise InvalidInput("; ".join(told), "`bgd --help` lists what there is") from None
    return config.model_copy(
        update={"socket": config.socket.absolute(), "state_dir": config.state_dir.absolute()}
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            told = tomllib.load(opened)
    except OSError as error:
        raise InvalidInput(
            f"{file} can't be read: {error.strerror}", "mend it, or name another --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: {error}", 'it is TOML: `http = "127.0.0.1:8080"`') from None
    unknown = sorted(told.keys() - set(KEYS))
    if unknown:
        raise InvalidInput(f"{file}: unknown key {unknown[0]!r}", f"known are {', '.join(KEYS)}")
    return told
