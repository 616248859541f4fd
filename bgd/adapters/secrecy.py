"""What must not be seen of one release, and the text that may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from bgd.domain.log import LogLine, sanitized
from bgd.domain.release import Model
from bgd.domain.secret import forms_of, masked, secrets_of
from bgd.engine.ports import Progress

MAX_SECRET_BYTES = 65_536

Clean = Callable[[str], str]
"""Makes a text fit to be shown: no secret in it, no escape sequence."""


async def cleaner(*models: Model | None) -> Clean:
    """What cleans text about these models; the files of their `secrets:` are read for it."""
    secrets = await _secrets_of(models)
    return lambda text: masked(sanitized(text), secrets)


async def line_mask(models: Sequence[Model | None]) -> Callable[[Sequence[LogLine]], Sequence[LogLine]]:
    """What masks the secrets of these models in lines of logs, many at a time: most have none."""
    secrets = await _secrets_of(models)

    def mask(lines: Sequence[LogLine]) -> Sequence[LogLine]:
        texts = "\n".join([line.text for line in lines])
        if not any(secret in texts for secret in secrets):  # much faster than the one pattern for all of them
            return lines
        return [line._replace(text=masked(line.text, secrets)) for line in lines]

    return mask


async def _secrets_of(models: Sequence[Model | None]) -> frozenset[str]:
    known = [model for model in models if model is not None]
    secrets = frozenset[str]().union(*map(secrets_of, known))
    return secrets | await asyncio.to_thread(_of_files, known)


class Voice:
    """What is said about one release while something is done with it."""

    def __init__(self, clean: Clean, progress: Progress | None = None) -> None:
        self.clean = clean
        self._progress = progress
        self._last = ""

    def say(self, line: str) -> None:
        """Tell a line, cleaned; none twice in a row, for Compose says everything twice."""
        text = self.clean(line).strip()
        if text and text != self._last and self._progress is not None:
            self._progress(text)
        self._last = text or self._last


def _of_files(models: list[Model]) -> frozenset[str]:
    values = []
    for model in models:
        for given in (model.get("secrets") or {}).values():
            if not isinstance(given, dict) or not given.get("file"):
                continue
            path = Path(str(given["file"]).replace("$$", "$"))
            try:
                if not path.is_file():  # a pipe would be waited for
                    continue
                with path.open("rb") as file:
                    values.append(file.read(MAX_SECRET_BYTES).decode(errors="replace").strip())
            except OSError:
                continue  # Compose tells what is missing
    return forms_of(values)
