"""Reading a Compose file: Compose resolves it, bgd finds the places, and the plan is made of both.

YAML output, never JSON: JSON loses the `x-` keys of services, empties `ulimits` and fails on `build.ssh`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bgd.adapters.build_context import contents_of, contexts_of
from bgd.adapters.compose_cli import CONFIG_TIMEOUT_S, ComposeCli, Finished
from bgd.adapters.compose_complaint import complaint_of
from bgd.adapters.compose_warning import unread_files, warnings_of
from bgd.adapters.dockerfile import built_images
from bgd.adapters.source_tree import SourceTree
from bgd.adapters.variable_values import missing_files, with_values
from bgd.adapters.yaml_source import keys_of, load
from bgd.domain.host import UNKNOWN, Host, LocalImage
from bgd.domain.obstacles import obstacles_of
from bgd.domain.plan import Caution, Plan
from bgd.domain.planning import plan
from bgd.domain.release import Model
from bgd.domain.settings import Settings
from bgd.engine.ports import Reading
from bgd.errors import Failed, InvalidInput

AskHost = Callable[[Mapping[str, str]], Awaitable[Host]]
"""Takes images by service; tells what the machine has, and which of these images with which ports."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What Compose is asked to resolve."""

    cli: ComposeCli
    files: tuple[Path, ...]
    profiles: tuple[str, ...]

    async def config(self, *options: str) -> Finished:
        """Run `docker compose config`. The directory is the file's, as its `.env` is."""
        arguments = [word for file in self.files for word in ("-f", str(file))]
        arguments += [word for profile in self.profiles for word in ("--profile", profile)]
        return await self.cli.run(
            [*arguments, *options], timeout_s=CONFIG_TIMEOUT_S, cwd=self.files[0].parent
        )


async def read(
    cli: ComposeCli,
    file: Path,
    name: str | None = None,
    *,
    more: Sequence[Path] = (),
    profiles: Sequence[str] = (),
    ask_host: AskHost | None = None,
    to_run: bool = False,
) -> Reading:
    """Read a Compose file and plan it; `more` are files that override it, `profiles` those to activate.

    With `to_run`, whatever would keep it from being started is an error; else some of it is a warning.
    `ask_host` tells what the file alone doesn't: ports that images declare, memory, disk.

    The app's name is `name`, else `x-bgd.app`, else the Compose project's. A name that isn't the file's own
    makes another app, whose volumes and networks are named for it.

    The model holds secrets (`env_file` is inlined), and every `$` in it is escaped as `$$`. Raises
    `InvalidInput` with `file:line:column` for what is wrong; open questions are in the plan.
    """
    tree = await asyncio.to_thread(SourceTree.read, file, more)
    request = _Request(cli, tuple(source.path for source in tree.sources[: 1 + len(more)]), tuple(profiles))
    done = await request.config("config", "--format", "yaml")
    model, settings, own = await asyncio.to_thread(_understood, done, tree, name)
    if name is not None and name != own:
        done = await request.config("--project-name", name, "config", "--format", "yaml")
        model = await asyncio.to_thread(_model, done, tree)
    planned = await planned_with(model, settings, own if name is None else name, ask_host)
    _refuse_obstacles(model, planned, tree)
    model, unset = await with_values(cli, tree, model)
    missing = {"unset-variable": unset, "missing-file": tuple(missing_files(tree, model))}
    if to_run and any(missing.values()):
        raise next(error for errors in missing.values() for error in errors)
    lacking = [Caution(code, None, e.message, e.hint) for code, errors in missing.items() for e in errors]
    told = (*warnings_of(done.stderr, tree), *lacking, *unread_files(tree))
    planned = replace(planned, warnings=(*planned.warnings, *told))
    if not to_run:
        return Reading(model, planned, tree.files())
    contents = await asyncio.to_thread(contents_of, model, settings.watch_build)
    return Reading(model, planned, tree.files(), contexts_of(model) if settings.watch_build else (), contents)


async def planned_with(model: Model, settings: Settings, app: str, ask_host: AskHost | None = None) -> Plan:
    """The plan for a model with these settings, whoever stated them."""
    built = await asyncio.to_thread(built_images, model)
    images = {service: str(body.get("image") or "") for service, body in model["services"].items()}
    images = {service: image for service, image in images.items() if image}
    host = UNKNOWN if ask_host is None else await ask_host(images)
    known = dict(host.images)
    for service, image in built.items():
        # A Dockerfile is newer than what was built from it.
        local = known.get(service, LocalImage())
        known[service] = replace(
            local, ports=image.ports or local.ports, is_checked=image.is_checked or local.is_checked
        )
    bases = {service: image.base for service, image in built.items()}
    return plan(model, settings, app, replace(host, images=known), bases)


def _understood(done: Finished, tree: SourceTree, name: str | None) -> tuple[Model, Settings, str]:
    """The model, its settings, and the app's name by the file, if not by the caller."""
    # Imported here: pydantic takes 50 ms, and `--help` doesn't need it.
    from bgd.adapters.xbgd import check_name, read_settings

    model = _model(done, tree)
    settings = read_settings(model, tree.sources)
    own = settings.app or str(model.get("name") or "")
    check_name(own if name is None else name, tree.main)
    return model, settings, own


def _model(done: Finished, tree: SourceTree) -> Model:
    if done.status:
        raise complaint_of(done.stderr, tree)
    try:
        model = load(done.stdout)
    except yaml.YAMLError as error:
        raise Failed(f"what Compose printed for {tree.main.shown} can't be read: {error}") from None
    if not isinstance(model, dict) or not model.get("services"):
        raise _no_services(tree)
    return {**model, "services": _in_order(model["services"], tree)}


def _no_services(tree: SourceTree) -> InvalidInput:
    for source in tree.sources:
        if written := keys_of(source.node(["services"])):
            return InvalidInput(
                f"every service is in a profile, and none is active: {', '.join(written)}",
                f"activate one with --profile, or for good in {tree.dotenv}: COMPOSE_PROFILES=…",
                source.place(["services"], of_key=True),
            )
    return InvalidInput(
        "has no services", "add at least one below `services:`", tree.main.place(["services"])
    )


def _in_order(services: Mapping[str, Any], tree: SourceTree) -> dict[str, Any]:
    """The services in the order of the file; Compose prints them by the alphabet."""
    written = [name for source in tree.sources for name in keys_of(source.node(["services"]))]
    order = dict.fromkeys([*(name for name in written if name in services), *services])
    return {name: services[name] for name in order}


def _refuse_obstacles(model: Model, planned: Plan, tree: SourceTree) -> None:
    for obstacle in obstacles_of(model, planned):
        source = next((s for s in tree.sources if s.node(obstacle.loc) is not None), tree.main)
        raise InvalidInput(obstacle.message, obstacle.hint, source.place(obstacle.loc))
