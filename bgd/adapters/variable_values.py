"""What `secrets:` and `configs:` name: variables, whose values are recorded, and files, which must be there.

Compose takes the variables from the environment and the app's `.env` at every `up`. A release is run from the
state directory, and for a rollback must be what it was: so the values are recorded when the file is read.
"""

from __future__ import annotations

import asyncio
import copy
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bgd.adapters.compose_cli import CONFIG_TIMEOUT_S, ComposeCli
from bgd.adapters.rendered_file import dumped
from bgd.adapters.source_tree import SourceTree
from bgd.adapters.yaml_source import Loc, load
from bgd.domain.release import Model
from bgd.domain.render.project import VALUE
from bgd.errors import Failed, InvalidInput


async def with_values(
    cli: ComposeCli, tree: SourceTree, model: Model
) -> tuple[Model, tuple[InvalidInput, ...]]:
    """`model` with the value of each variable beside its name, as `x-bgd-value`, and what isn't set."""
    names = {str(given["environment"]) for _, _, given in _by_variable(model)}
    if not names:
        return model, ()
    values = await _values(cli, tree.main.path, names)
    whole = copy.deepcopy(model)
    missing = []
    for kind, name, given in _by_variable(whole):
        variable = str(given["environment"])
        if values.get(variable) is None:
            missing.append(_unset(tree, kind, name, variable))
        else:
            given[VALUE] = values[variable]
    return whole, tuple(missing)


def missing_files(tree: SourceTree, model: Model) -> Iterable[InvalidInput]:
    """The files of secrets and configs that services use and that aren't there."""
    for kind in ("secrets", "configs"):
        used = {
            item["source"] if isinstance(item, dict) else item
            for service in model["services"].values()
            for item in service.get(kind) or []
        }
        for name, given in (model.get(kind) or {}).items():
            path = given.get("file") if isinstance(given, dict) else None
            if name in used and path and not Path(path).exists():
                yield InvalidInput(
                    f"the {kind.removesuffix('s')} {name} is the file {path}, which isn't there",
                    "make the file: the container can't be created without it",
                    _place(tree, (kind, name, "file")),
                )


def _unset(tree: SourceTree, kind: str, name: str, variable: str) -> InvalidInput:
    return InvalidInput(
        f"the {kind} {name} is the variable {variable}, which isn't set",
        f"set {variable} in {tree.dotenv}",
        _place(tree, (f"{kind}s", name, "environment")),
    )


def _place(tree: SourceTree, loc: Loc) -> str:
    source = next((source for source in tree.sources if source.node(loc) is not None), tree.main)
    return source.place(loc)


def _by_variable(model: Model) -> Iterable[tuple[str, str, dict[str, Any]]]:
    for kind in ("secrets", "configs"):
        for name, given in (model.get(kind) or {}).items():
            if isinstance(given, dict) and given.get("environment"):
                yield kind.removesuffix("s"), name, given


async def _values(cli: ComposeCli, file: Path, names: set[str]) -> dict[str, str | None]:
    """What Compose itself has for these variables, in the file's directory.

    Asked by a model of their own: `config --environment` prints values of several lines so that they can't be
    told from one another.
    """
    asking: Model = {"services": {"values": {"image": "none", "environment": dict.fromkeys(sorted(names))}}}
    with tempfile.TemporaryDirectory(prefix="bgd-") as directory:
        path = Path(directory) / "values.yaml"
        await asyncio.to_thread(path.write_text, dumped(asking))
        options = ["--project-directory", str(file.parent), "--project-name", "values", "-f", str(path)]
        done = await cli.run([*options, "config"], timeout_s=CONFIG_TIMEOUT_S, cwd=file.parent)
    if done.status:
        raise Failed(
            f"the variables of {file} can't be read: {done.complaint}", f"is {file.parent}/.env right?"
        )
    found = load(done.stdout)["services"]["values"]["environment"]
    return {name: None if value is None else str(value).replace("$$", "$") for name, value in found.items()}
