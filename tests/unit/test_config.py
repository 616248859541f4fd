"""Flags before variables before the file before the defaults; and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.config import load
from bgd.errors import InvalidInput


def test_defaults_as_root_and_as_a_user() -> None:
    root = load({}, {"HOME": "/root", "XDG_CONFIG_HOME": "/nowhere"}, is_root=True)
    assert (str(root.socket), str(root.state_dir), root.http) == (
        "/run/bgd/bgd.sock",
        "/var/lib/bgd",
        "0.0.0.0:80",
    )
    user = load({}, {"HOME": "/home/a", "XDG_RUNTIME_DIR": "/run/user/7"}, is_root=False)
    assert str(user.socket) == "/run/user/7/bgd/bgd.sock"
    assert (str(user.state_dir), user.http, user.preview) == (
        "/home/a/.local/state/bgd",
        "127.0.0.1:8080",
        "127.0.0.1:8081",
    )


def test_a_flag_wins_over_a_variable_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bgd.toml"
    file.write_text('http = "127.0.0.1:1001"\npreview = "127.0.0.1:1002"\ninstance = "file"\n')
    environ = {"BGD_CONFIG": str(file), "BGD_PREVIEW": "127.0.0.1:2002", "BGD_INSTANCE": "variable"}
    config = load({"instance": "flag"}, environ, is_root=True)
    assert (config.http, config.preview, config.instance) == ("127.0.0.1:1001", "127.0.0.1:2002", "flag")


@pytest.mark.parametrize(
    ("flags", "environ", "words"),
    [
        ({"http": "80"}, {}, "--http: '80' isn't ADDR:PORT"),
        ({"http": "localhost:80"}, {}, "--http: 'localhost:80' isn't ADDR:PORT"),
        ({"preview": "127.0.0.1:0"}, {}, "--preview: the port of '127.0.0.1:0' isn't from 1 to 65535"),
        ({}, {"BGD_INSTANCE": "No Good"}, "BGD_INSTANCE: lower-case"),
        ({"proxy_image": "a b"}, {}, "--proxy-image"),
        ({"config": "/nowhere/bgd.toml"}, {}, "/nowhere/bgd.toml can't be read"),
    ],
)
def test_what_is_wrong_is_named(flags: dict[str, str], environ: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput) as told:
        load(flags, {"HOME": "/root", **environ}, is_root=True)
    assert words in told.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http = ", "Invalid value (at"),
        ('htpp = "127.0.0.1:80"', "unknown key 'htpp'"),
        ("http = 80", "http: "),
    ],
)
def test_a_bad_file_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bgd.toml"
    file.write_text(text)
    with pytest.raises(InvalidInput) as told:
        load({"config": str(file)}, {"HOME": "/root"}, is_root=True)
    assert str(file) in told.value.message
    assert words in told.value.message


def test_hooks_on_the_host_and_notifications_are_off_unless_they_are_asked_for(tmp_path: Path) -> None:
    plain = load({}, {"HOME": "/root", "XDG_CONFIG_HOME": "/nowhere"}, is_root=True)
    assert (plain.host_hooks, plain.notify) == (False, ())
    file = tmp_path / "bgd.toml"
    file.write_text('host_hooks = true\nnotify = ["json://a", "ntfys://b"]\n')
    stated = load({"config": str(file)}, {}, is_root=True)
    assert (stated.host_hooks, stated.notify) == (True, ("json://a", "ntfys://b"))
    variables = {"BGD_CONFIG": str(file), "BGD_HOST_HOOKS": "false", "BGD_NOTIFY": "json://c  json://d"}
    told = load({}, variables, is_root=True)
    assert (told.host_hooks, told.notify) == (False, ("json://c", "json://d"))
    assert load({"notify": ["json://e"]}, variables, is_root=True).notify == ("json://e",)


def test_the_proxies_that_are_trusted_are_addresses_and_networks_but_never_everybody() -> None:
    variables = {"BGD_TRUSTED_PROXIES": "127.0.0.1 10.0.0.0/8  ::1"}
    assert load({}, variables, is_root=True).trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8", "::1/128")
    for told, words in (
        ("10.0.0.1/8", "has host bits set"),
        ("caddy", "an address or a network is needed"),
        ("0.0.0.0/0", "is everybody"),
        ("1.2.3.4;}", "an address or a network is needed"),
    ):
        with pytest.raises(InvalidInput) as caught:
            load({"trusted_proxies": [told]}, {}, is_root=True)
        assert words in caught.value.message
        assert "--trusted-proxies" in caught.value.message


def test_the_url_of_a_notification_is_never_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        load({}, {"BGD_NOTIFY": "hunter2-token"}, is_root=True)
    assert "BGD_NOTIFY" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_path_that_is_empty_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--state-dir: is empty"):
        load({"state_dir": ""}, {"HOME": "/root"}, is_root=True)
    file = tmp_path / "bgd.toml"
    file.write_text('socket = ""')
    with pytest.raises(InvalidInput, match=r"bgd.toml: socket: is empty"):
        load({"config": str(file)}, {"HOME": "/root"}, is_root=True)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bgd.toml"
    file.write_bytes(b'instance = "\xff"')
    with pytest.raises(InvalidInput, match=f"{file}: .*utf-8"):
        load({"config": str(file)}, {"HOME": "/root"}, is_root=True)
