"""Commands of apps on the machine itself, as the daemon's user: only where its configuration allows it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from bgd.adapters.one_offs import KEPT_LINES, TIMED_OUT
from bgd.adapters.secrecy import Voice, cleaner
from bgd.domain.release import Release
from bgd.engine.ports import Progress, RunResult
from bgd.errors import Failed, Refused

END_WITHIN_S = 5.0
"""What a command gets to end by itself when its time is up."""
LAST_WORDS_S = 1.0
"""How long its output is read for when it has ended: what it left in the background may keep that open."""
MAX_LINE_BYTES = 65_536


class LocalCommands:
    """The `HostCommands` port."""

    def __init__(self, is_allowed: bool) -> None:
        self._is_allowed = is_allowed

    @property
    def is_allowed(self) -> bool:
        """See `HostCommands.is_allowed`."""
        return self._is_allowed

    async def run(
        self,
        release: Release,
        directory: Path,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
        progress: Progress,
    ) -> RunResult:
        """See `HostCommands.run`. When its time is up, or it is given up, its process group ends with it."""
        if not self._is_allowed:
            raise Refused("the daemon runs no commands on the host", "`host_hooks = true` in bgd.toml")
        voice = Voice(await cleaner(release.model), progress)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=directory,
                env={**os.environ, **env},
                start_new_session=True,
                limit=MAX_LINE_BYTES,
            )
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else str(error)
            raise Failed(f"{voice.clean(command[0])} can't be run on the host: {told}") from None
        kept: deque[str] = deque(maxlen=KEPT_LINES)
        reading = asyncio.create_task(_read(process, voice, kept))
        try:
            async with asyncio.timeout(timeout_s):
                status = await process.wait()
            await asyncio.wait([reading], timeout=LAST_WORDS_S)
        except TimeoutError:
            kept.append(f"(bgd ended it: it ran for longer than {timeout_s:g} s)")
            status = TIMED_OUT
        finally:
            if process.returncode is None:
                await _end(process)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return RunResult(status, tuple(kept))


async def _read(process: asyncio.subprocess.Process, voice: Voice, kept: deque[str]) -> None:
    assert process.stdout is not None
    rest = b""
    while data := await process.stdout.read(MAX_LINE_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        # A line without an end is cut: what never ends must not fill the memory.
        for line in (*lines, rest[:MAX_LINE_BYTES]) if len(rest) > MAX_LINE_BYTES else lines:
            _say(line, voice, kept)
        rest = b"" if len(rest) > MAX_LINE_BYTES else rest
    if rest:
        _say(rest, voice, kept)


def _say(line: bytes, voice: Voice, kept: deque[str]) -> None:
    text = line.decode(errors="replace")
    kept.append(voice.clean(text))
    voice.say(text)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End its whole group: asked first, then not; some of it may outlive the first of them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN_S):
                await process.wait()
