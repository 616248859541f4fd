"""The Compose command line: found once, run as a process, its errors told in its own words.

Compose warns on stderr with exit status 0 (every third real file has an obsolete `version`), so
stderr is a failure only together with the exit status.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bgd.errors import BgError, Failed, Unreachable

MINIMUM = (2, 24)
VERSION_TIMEOUT_S = 20.0
CONFIG_TIMEOUT_S = 60.0
KILL_AFTER_S = 4.0
_KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "SSH_AUTH_SOCK",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
)
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Finished:
    """A Compose process that ended: its status and what it printed."""

    status: int
    stdout: str
    stderr: str

    @property
    def complaint(self) -> str:
        """The last line of stderr that says something, without Compose's own prefixes."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        told = [line for line in map(_message_of, lines) if line]
        errors = [line for line in told if "level=warning" not in line]
        return (errors or told or [f"exit status {self.status}"])[-1]


def _message_of(line: str) -> str:
    """The text of a line of stderr: of JSON progress its error or text, else the line itself."""
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if entry.get("error"):
        return str(entry.get("message") or entry["error"])
    return " ".join(str(entry[key]) for key in ("id", "text", "details") if entry.get(key))


class ComposeCli:
    """Runs `docker compose`. One `up` or `down` at a time for each project: two at once clash over names."""

    def __init__(self, command: Sequence[str], version: tuple[int, int]) -> None:
        self.command = tuple(command)
        self.version = version
        self._locks: dict[str, asyncio.Lock] = {}

    @classmethod
    async def find(cls) -> ComposeCli:
        """The plugin of the `docker` command, else `docker-compose` on the PATH or beside this Python.

        Raises `Unreachable` where there is none, or none of 2.24 or newer.
        """
        beside = Path(sys.executable).parent / "docker-compose"
        candidates = [
            ["docker", "compose"] if shutil.which("docker") else None,
            [found] if (found := shutil.which("docker-compose")) else None,
            [str(beside)] if beside.is_file() else None,
        ]
        seen = []
        for command in filter(None, candidates):
            try:
                done = await cls(command, (0, 0)).run(["version", "--short"], timeout_s=VERSION_TIMEOUT_S)
            except BgError:
                continue
            match = _VERSION.search(done.stdout)
            if done.status == 0 and match:
                version = (int(match[1]), int(match[2]))
                if version >= MINIMUM:
                    return cls(command, version)
                seen.append(f"{' '.join(command)} is {done.stdout.strip()}")
        wanted = ".".join(map(str, MINIMUM))
        raise Unreachable(
            f"Docker Compose {wanted} or newer isn't installed" + (f" ({'; '.join(seen)})" if seen else ""),
            "install Docker's package docker-compose-plugin, or `pip install 'bgd[compose]'`",
        )

    @asynccontextmanager
    async def project(self, name: str) -> AsyncIterator[None]:
        """Hold the project: nobody else in this daemon changes it meanwhile."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            yield

    async def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run `docker compose ARGUMENTS` to its end.

        `on_line` gets each line of stderr as it comes, and `on_output` those of stdout: the classic builder
        reports there.

        The daemon's own environment doesn't leak into the files: only what Compose itself needs is passed.
        Raises `Failed` when it doesn't end within `timeout_s`, `Unreachable` when it can't be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment(env),
                cwd=cwd,
                limit=2**20,
                start_new_session=True,
            )
        except OSError as error:
            raise Unreachable(f"{self.command[0]} can't be started: {error.strerror}") from error
        assert process.stdout is not None
        assert process.stderr is not None
        heard: list[str] = []
        try:
            async with asyncio.timeout(timeout_s):
                stdout, _ = await asyncio.gather(
                    _take(process.stdout, on_output), _hear(process.stderr, heard, on_line)
                )
                status = await process.wait()
        except TimeoutError:
            raise Failed(
                f"`docker compose {_verb(arguments)}` didn't end within {timeout_s:.0f} s",
                "is the engine overloaded? `docker events` shows what it does",
            ) from None
        finally:
            await _end(process)
        return Finished(status, stdout.decode(errors="replace"), "\n".join(heard))


async def _take(stream: asyncio.StreamReader, on_output: Callable[[str], None] | None) -> bytes:
    """All of stdout, to the byte: a model has lines of any length, and spaces at their ends."""
    whole = bytearray()
    told = 0
    while data := await stream.read(65_536):
        whole += data
        end = whole.rfind(b"\n") + 1
        if on_output is not None and end > told:
            for line in whole[told:end].decode(errors="replace").splitlines():
                on_output(line)
            told = end
    return bytes(whole)


async def _hear(
    stream: asyncio.StreamReader, heard: list[str], on_line: Callable[[str], None] | None
) -> None:
    while True:
        try:
            raw = await stream.readline()
        except ValueError:  # a line longer than the limit: what is over is dropped
            continue
        if not raw:
            return
        line = raw.decode(errors="replace").rstrip()
        heard.append(line)
        if on_line is not None and (said := _message_of(line)):
            on_line(said)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Make sure that the process and its children are gone: asked first, then killed.

    The whole group: `docker compose` is `docker`, which runs the plugin as a child and would leave it behind.
    """
    if process.returncode is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(KILL_AFTER_S):
            await process.wait()
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)  # its own group: it was started with a session of its own


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a Compose process."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith(("DOCKER_", "LC_")) or name.upper().endswith("_PROXY")
    }
    return {**kept, "COMPOSE_MENU": "0", "COMPOSE_STATUS_STDOUT": "0", **(extra or {})}


def _verb(arguments: Sequence[str]) -> str:
    verbs = {"config", "build", "pull", "up", "down", "stop", "start", "version", "rm", "create"}
    return next((word for word in arguments if word in verbs), "")
