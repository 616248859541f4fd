"""Reading a Compose file: Compose resolves it, bgd finds the places, and the plan is made of both."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from bgd.adapters.compose_cli import CONFIG_TIMEOUT_S, ComposeCli, Finished
from bgd.adapters.yaml_source import Source, load
from bgd.domain.plan import Caution
from bgd.domain.planning import plan
from bgd.engine.ports import Reading
from bgd.errors import Failed, InvalidInput

_UNSET = re.compile(r'The \\?"([^"\\]+)\\?" variable is not set')


async def read(cli: ComposeCli, file: Path, name: str | None = None) -> Reading:
    """Read a Compose file and plan it.

    `name` overrides the app's name; without it, it is `x-bgd.app`, else the Compose project's.
    The model holds secrets (`env_file` is inlined) and every `$` in it is escaped as `$$`.
    Raises `InvalidInput` with `file:line:column` for what is wrong.
    """
    from bgd.adapters.xbgd import read_settings

    file, source = await asyncio.to_thread(_open, file)
    done = await _config(cli, file, [])
    model = _model(source, done)
    settings = read_settings(model, [source])
    own = settings.app or str(model["name"])
    if name is not None and name != own:
        # Another name is another app: with volumes of its own, which Compose names after the project.
        done = await _config(cli, file, ["--project-name", name])
        model = _model(source, done)
    app = name or own
    planned = plan(model, settings, app)
    cautions = tuple(
        Caution("unset-variable", None, f"the variable {v} is not set: it is empty", f"set {v} in .env")
        for v in dict.fromkeys(_UNSET.findall(done.stderr))
    )
    planned = replace(planned, warnings=planned.warnings + cautions)
    return Reading(model, planned, (file,))


def _open(file: Path) -> tuple[Path, Source]:
    return file.absolute(), Source.read(file)


async def _config(cli: ComposeCli, file: Path, options: list[str]) -> Finished:
    return await cli.run(
        ["-f", str(file), *options, "config", "--format", "yaml"],
        timeout_s=CONFIG_TIMEOUT_S,
        cwd=file.parent,
    )


def _model(source: Source, done: Finished) -> dict[str, Any]:
    if done.status:
        raise InvalidInput(f"Compose refuses it: {done.complaint}", place=source.shown)
    try:
        model = load(done.stdout)
    except yaml.YAMLError as error:
        raise Failed(f"what Compose printed can't be read: {error}") from None
    if not isinstance(model, dict) or not model.get("services"):
        raise InvalidInput("has no services", "add at least one below `services:`", source.shown)
    return model
