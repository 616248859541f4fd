"""Secrets planted wherever a Compose file can have them, and looked for wherever they must not be."""

from __future__ import annotations

import base64
import contextlib
import json
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny

PLACES = (
    *("environment", "env_file", "dotenv", "secret_file", "secret_environment", "build_argument", "label"),
    *("command", "healthcheck", "url", "config", "registry"),
)
READS = (
    *("/v1/daemon", "/v1/apps", "/v1/apps/vault", "/v1/apps/vault/deployments", "/v1/apps/vault/diff"),
    *("/v1/apps/vault/releases/r1", "/v1/apps/vault/releases/r2", "/v1/apps/vault/releases/r1/diff/r2"),
    *("/v1/apps/vault/logs", "/v1/events?since=0&follow=false", "/v1/apps/vault/traffic"),
)
VERBS = (
    *(("status",), ("status", "vault"), ("history", "vault"), ("show", "vault", "r1")),
    *(("diff", "vault"), ("diff", "vault", "r1", "r2"), ("logs", "vault"), ("events",), ("doctor",)),
    *(("smoke", "vault"), ("maintenance", "vault", "on"), ("maintenance", "vault", "off")),
    *(("switch", "vault"), ("rollback", "vault"), ("stop", "vault", "--color", "green")),
)


BLOCK = """\
health: {path: /up, interval: 100ms, within: 15s}
smoke:
  - get: /pay
    status: 200
  - run: [python3, -c, "import os; print(os.environ['PASSWORD'])"]
    service: web
drain: 1s"""


class Vault:
    """An app with a secret in every place, each of its own; `seen` is all that anybody got to see."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.planted = {place: f"{place[:3]}-{token_hex(12)}" for place in PLACES}
        self.seen: dict[str, str] = {}
        self.tiny = Tiny(home / "vault", "vault")
        docker = home / "user" / ".docker"
        docker.mkdir(parents=True)
        login = base64.b64encode(f"me:{self.planted['registry']}".encode()).decode()
        (docker / "config.json").write_text(json.dumps({"auths": {"registry.invalid": {"auth": login}}}))

    def write(self, version: str, fault: str = "") -> None:
        """The files of a version, each with the same secrets."""
        plant = self.planted
        web = f"""\
build: {{context: ., args: {{DEPLOY_TOKEN: "{plant["build_argument"]}"}}}}
env_file: [web.env]
labels: {{"acme.api.token": "{plant["label"]}"}}
secrets: [key, word]
configs: [settings]
healthcheck:
  test: [CMD, python3, -c, "pass", "--token", "{plant["healthcheck"]}"]
  interval: 300ms"""
        self.tiny.write(
            version,
            fault=fault,
            web=web,
            xbgd=BLOCK,
        )
        text = self.tiny.file.read_text()
        text = text.replace("    image: bgd/demo-web:local\n", "", 1)
        text = text.replace(
            "      FAULT:",
            f'      PASSWORD: "{plant["environment"]}"\n      MAIL_PASSWORD: "${{DOTENV}}"\n'
            f'      DATABASE_URL: "postgres://me:{plant["url"]}@db/x"\n      FAULT:',
            1,
        )
        text = text.replace("/app.py]", f'/app.py, "--password={plant["command"]}"]', 1)
        self.tiny.file.write_text(
            text
            + f"""\
secrets:
  key: {{file: ./key.txt}}
  word: {{environment: WORD}}
configs:
  settings: {{content: "password = {plant["config"]}"}}
"""
        )
        directory = self.tiny.directory
        (directory / "Dockerfile").write_text("FROM bgd/demo-web:local\nARG DEPLOY_TOKEN\n")
        (directory / "web.env").write_text(f"API_TOKEN={plant['env_file']}\n")
        (directory / ".env").write_text(f"DOTENV={plant['dotenv']}\nWORD={plant['secret_environment']}\n")
        (directory / "key.txt").write_text(f"{plant['secret_file']}\n")

    def look(self, where: str, text: str) -> None:
        """Remember what was seen there."""
        self.seen[where] = self.seen.get(where, "") + text

    def found(self) -> dict[str, list[str]]:
        """Which places' secrets were seen, and where."""
        spelled = {
            place: (value, base64.b64encode(f"me:{value}".encode()).decode())
            for place, value in self.planted.items()
        }
        found = {
            where: [place for place, forms in spelled.items() if any(form in text for form in forms)]
            for where, text in self.seen.items()
        }
        return {where: places for where, places in found.items() if places}


@contextlib.contextmanager
def command_lines(vault: Vault) -> Iterator[None]:
    """Watch the command lines of all processes of the host that are no container's own."""
    is_over = threading.Event()
    seen: set[str] = set()

    def watch() -> None:
        own = Path("/proc/self/ns/mnt").readlink()
        while not is_over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if (process / "ns/mnt").readlink() == own:
                        words = (process / "cmdline").read_bytes().split(b"\0")
                        seen.add(b" ".join(words).decode(errors="replace"))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()
    assert any("up" in line and "compose" in line for line in seen), "Compose was seen at work"
    vault.look("command lines", "\n".join(seen))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """The app's files and its user's home."""
    return Vault(tmp_path)


def journal_tables(file: Path) -> Iterator[tuple[str, str]]:
    """The journal's tables as text. Releases are what Compose needs to bring one back, so they have all."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name != "releases":
                yield name, "\n".join(map(str, db.execute(f"SELECT * FROM {name}")))


def test_no_planted_secret_is_seen_anywhere_in_a_whole_life(vault: Vault, tmp_path: Path) -> None:
    bgd = RunningDaemon(tmp_path / "bgd")
    bgd.environment = {"HOME": str(vault.home / "user")}
    try:
        bgd.start()
        live_through(vault, bgd)
        look_everywhere(vault, bgd)
        odd = odd_modes(bgd.state_dir)
        vault.look("bgctl remove", said(bgd, "remove", "vault", "--yes"))
        assert bgd.end() == 0
        vault.look("the daemon's log", bgd.log.read_text())
        for name, text in journal_tables(bgd.state_dir / "bgd.db"):
            vault.look(f"the journal's {name}, afterwards", text)
    finally:
        bgd.clear()
    assert (vault.found(), odd) == ({}, [])


def said(bgd: RunningDaemon, *arguments: str) -> str:
    """All that bgctl prints."""
    done = bgd.bgctl(*arguments, status=None)
    assert done.returncode in (0, 1, 2, 4), done.stderr
    return done.stdout + done.stderr


def live_through(vault: Vault, bgd: RunningDaemon) -> None:
    """Deployments that succeed and that fail in every way, with everything that is printed meanwhile."""
    vault.write("1")
    vault.look("bgctl check", said(bgd, "check", str(vault.tiny.file)))
    with command_lines(vault):
        vault.look("bgctl add", said(bgd, "add", str(vault.tiny.file)))
        first = bgd.bgctl("deploy", "vault")
        vault.write("2")
        second = bgd.bgctl("deploy", "vault", "--json")
        for fault in ("crash", "broke"):
            vault.write("3", fault)
            vault.look(f"bgctl deploy, {fault}", said(bgd, "deploy", "vault"))
        vault.tiny.file.write_text(vault.tiny.file.read_text().replace("[python3, -u", "[nothing"))
        vault.look("bgctl deploy, no such command", said(bgd, "deploy", "vault"))
    for done in (first, second):
        vault.look("bgctl deploy", done.stdout + done.stderr)
    assert httpx.get(f"{bgd.url}/", headers={"Host": "vault"}, timeout=5).text == "2"


def look_everywhere(vault: Vault, bgd: RunningDaemon) -> None:
    """Every verb, every answer, every file."""
    for verb in VERBS:
        for more in ((), ("--json",)):
            vault.look(f"bgctl {' '.join((*verb, *more))}", said(bgd, *verb, *more))
    assert "starts with password •••" in vault.seen["bgctl logs vault"]
    socket = httpx.HTTPTransport(uds=str(bgd.socket))
    with httpx.Client(transport=socket, base_url="http://bgd", timeout=20) as api:
        for path in READS:
            answer = api.get(path)
            assert answer.status_code == 200, path
            vault.look(path, answer.text)
    rendered = set((bgd.state_dir / "apps").rglob("*.yaml"))
    assert rendered
    for file in bgd.state_dir.rglob("*"):
        if file.is_file() and file not in rendered and not file.name.startswith("bgd.db"):
            vault.look(str(file.relative_to(bgd.state_dir)), file.read_bytes().decode("latin-1"))
    for name, text in journal_tables(bgd.state_dir / "bgd.db"):
        vault.look(f"the journal's {name}", text)


def odd_modes(state: Path) -> list[str]:
    """What others than the owner could read or write.

    But for what nginx has mounted, as a user that bgd doesn't know: it reads its configuration, and writes
    its log. Both are below a directory that is the owner's alone.
    """
    odd = [] if stat.S_IMODE(state.stat().st_mode) == 0o700 else [str(state)]
    for path in state.rglob("*"):
        mode, top = stat.S_IMODE(path.stat().st_mode), path.relative_to(state).parts[0]
        if top == "nginx":
            is_odd = bool(mode & 0o022)
        else:
            is_odd = top != "traffic" and mode != (0o700 if path.is_dir() else 0o600)
        if is_odd:
            odd.append(f"{path} {mode:o}")
    return odd
