"""Compose's errors about a file: in its words, at their place, with the remedy.

Compose names a place in a dozen ways: by file, by dotted path, by service, by a path on the disk, or not
at all. Each form below was seen with Compose 5.6; one that isn't known is told as it stands. The third
line of an interpolation error repeats the value, which may hold a secret: it is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from bgd.adapters.source_tree import SourceTree
from bgd.adapters.yaml_search import loc_of_dotted, loc_of_item, locs_of_scalars, variable_places
from bgd.adapters.yaml_source import Loc, Source, keys_of
from bgd.domain.spelling import did_you_mean
from bgd.errors import InvalidInput

_PREFIX = re.compile(r"^(?:time=\S+ level=\S+ msg=|level=warning)")
_ODD_CHARACTER = re.compile(r"""(unexpected character) ["'](.)["']""")
_Form = tuple[re.Pattern[str], Callable[["Finder", re.Match[str]], InvalidInput]]


def complaint_of(stderr: str, tree: SourceTree) -> InvalidInput:
    """The error for what Compose printed when it refused a file."""
    lines = [line for line in stderr.splitlines() if line.strip() and not _PREFIX.match(line)]
    said = " ".join(line.strip() for line in lines) or "no reason given"
    finder = Finder(tree)
    for pattern, told in _FORMS:
        if match := pattern.search(said):
            return told(finder, match)
    hint = f"mend it until `docker compose -f {tree.main.shown} config` accepts it"
    return InvalidInput(f"Compose refuses it: {said}", hint, tree.main.shown)


class Finder:
    """Finds the places in a file's sources that Compose's messages mean."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree

    def dotted(self, path: str, file: str = "") -> tuple[Source, Loc]:
        """The source that has the most of a dotted path, and the way to it there."""
        if file:
            source = self.tree.source_of(file)
            return source, loc_of_dotted(source, path)
        found = [(source, loc_of_dotted(source, path)) for source in self.tree.sources]
        return max(found, key=lambda one: len(one[1]))

    def service(self, name: str, key: str = "", item: str = "") -> tuple[Source, Loc]:
        """An item of a service's key, in the source where the service has it."""
        path = ("services", name, *([key] if key else []))
        source = next((s for s in self.tree.sources if s.node(path) is not None), self.tree.main)
        return source, loc_of_item(source, path, item) if item else path

    def file(self, path: str, *kinds: str) -> str:
        """The place that names a file on the disk."""
        for reference in self.tree.references:
            if reference.kind in kinds and reference.path == Path(path):
                return reference.source.place(reference.loc)
        return self.tree.main.shown

    def services(self) -> list[str]:
        """The names of all services."""
        return [name for source in self.tree.sources for name in keys_of(source.node(["services"]))]


def _at(where: tuple[Source, Loc], message: str, hint: str = "", of_key: bool = False) -> InvalidInput:
    source, loc = where
    return InvalidInput(message, hint, source.place(loc, of_key))


def _unknown_key(finder: Finder, match: re.Match[str]) -> InvalidInput:
    path = match["path"]
    where = finder.dotted(path, match["file"])
    return _at(where, f"{path}: Compose knows no such key", "is it spelled and indented right?", of_key=True)


def _additional(finder: Finder, match: re.Match[str]) -> InvalidInput:
    source, loc = finder.dotted(match["path"], match["file"])
    keys = re.findall(r"'([^']+)'", match["keys"])
    dotted = ".".join([*map(str, loc), keys[0]])
    if loc == ["services"]:
        said, hint = f"{keys[0]!r} can't name a service", "use letters, digits, dots, - and _"
    else:
        said = f"{dotted}: Compose knows no such key"
        hint = did_you_mean(keys[0], _TOP_KEYS) if not loc else "is it spelled and indented right?"
    return InvalidInput(said, hint, source.place((*loc, keys[0]), of_key=True))


def _invalid(finder: Finder, match: re.Match[str]) -> InvalidInput:
    path, said = match["path"], match["said"]
    return _at(finder.dotted(path, match.groupdict().get("file") or ""), f"{path} {said}")


def _decoding(finder: Finder, match: re.Match[str]) -> InvalidInput:
    path = re.sub(r"\[([^\]]+)\]", r".\1", match["path"])
    return _at(finder.dotted(path), f"{path}: {match['said']}")


def _undefined(finder: Finder, match: re.Match[str]) -> InvalidInput:
    service, kind, name = match["service"], match["kind"], match["name"]
    where = finder.service(service, f"{kind}s", name)
    return _at(
        where,
        f"{service} uses the {kind} {name}, which isn't defined",
        f"define it below `{kind}s:` at the top of the file",
    )


def _undefined_service(finder: Finder, match: re.Match[str]) -> InvalidInput:
    service, name = match["service"], match["name"]
    known = [other for other in finder.services() if other != service]
    return _at(
        finder.service(service, "depends_on", name),
        f"{service} depends on {name}, and there is no such service",
        did_you_mean(name, known),
    )


def _exclusive(finder: Finder, match: re.Match[str]) -> InvalidInput:
    service, first, second = match["service"], match["first"], match["second"]
    said = f"{service} has both {first} and {second}, and Compose takes only one of them"
    return _at(finder.service(service, first), said, f"remove {first} or {second}", of_key=True)


def _named_replicas(finder: Finder, match: re.Match[str]) -> InvalidInput:
    service = match["service"]
    return _at(
        finder.service(service, "container_name"),
        f"{service} has a container_name and several replicas, which would all be called so",
        "remove container_name: its name can stay as an alias of a network",
    )


def _no_image(finder: Finder, match: re.Match[str]) -> InvalidInput:
    where = finder.service(match["service"])
    return _at(
        where, f"{match['service']} has neither an image nor a build", "give it one of them", of_key=True
    )


def _required(finder: Finder, match: re.Match[str]) -> InvalidInput:
    name, said = match["name"], match["said"] or "it isn't set"
    return _at(
        finder.dotted(match["path"]),
        f"{match['path']} needs the variable {name}: {said}",
        f"set it in {finder.tree.dotenv}",
    )


def _interpolation(finder: Finder, match: re.Match[str]) -> InvalidInput:
    return _at(
        finder.dotted(match["path"]),
        f"{match['path']} has a $ that begins no variable",
        "write $$ for a plain $, and ${NAME} for a variable",
    )


def _no_env_file(finder: Finder, match: re.Match[str]) -> InvalidInput:
    path = match["file"]
    hint = "make the file, or write `{path: …, required: false}`"
    return InvalidInput(f"the env_file {path} isn't there", hint, finder.file(path, "env_file"))


def _no_file(finder: Finder, match: re.Match[str]) -> InvalidInput:
    path = match["file"]
    kinds = ("include", "extends", "label_file", "env_file")
    return InvalidInput(
        f"it refers to {path}, which can't be read: {match['said']}",
        "is the path right? It counts from the file that names it",
        finder.file(path, *kinds),
    )


def _bad_env_file(finder: Finder, match: re.Match[str]) -> InvalidInput:
    """Compose repeats the line, or all lines from it on: what stands there may be a secret, so it is cut."""
    file = match["file"]
    said = re.sub(r"""( near| name)? ?["'].*["']?$""", r"\1", _ODD_CHARACTER.sub(r"\1 \2", match["said"]))
    if name := re.match(r"required variable (\w+)", match["said"]):
        place = place_of_variable(Path(file), name[1])
    else:
        place = f"{file}:{match['line']}" if match["line"] else file
    if "is a directory" in said:
        place = finder.file(file, "env_file", "label_file")
        return InvalidInput(f"{file} is a directory", "name a file", place)
    told = (said[:1].lower() + said[1:]).removesuffix(" near").rstrip(": ")
    return InvalidInput(told, "such a file has lines like NAME=value", place)


def place_of_variable(file: Path, name: str) -> str:
    """Where an env file has `${NAME}`, else the file."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return str(file)
    return next((f"{file}:{line}:{column}" for line, column in variable_places(text, name)), str(file))


def _extends(finder: Finder, match: re.Match[str]) -> InvalidInput:
    source = finder.tree.source_of(match["file"])
    known = keys_of(source.node(["services"]))
    return _at(
        finder.service(match["service"], "extends"),
        f"{match['service']} extends {match['name']}, and there is no such service in {source.shown}",
        did_you_mean(match["name"], known),
    )


def _cycle(finder: Finder, match: re.Match[str]) -> InvalidInput:
    names = match["names"].split(" -> ")
    circle = " → ".join(names)
    after = names[1] if len(names) > 1 else ""
    return _at(
        finder.service(names[0], "depends_on", after),
        f"services wait for each other: {circle}",
        "break the circle",
    )


def _port(finder: Finder, match: re.Match[str]) -> InvalidInput:
    value = match["value"]
    pattern = re.compile(rf"(?<!\d){re.escape(value)}(?!\d)")
    for source in finder.tree.sources:
        for loc in locs_of_scalars(source, pattern, "ports"):
            dotted = ".".join(map(str, loc))
            return _at((source, loc), f"{dotted}: {match['said']}", "ports go from 1 to 65535")
    return InvalidInput(match["said"], "ports go from 1 to 65535", finder.tree.main.shown)


def _no_name(finder: Finder, _: re.Match[str]) -> InvalidInput:
    return InvalidInput(
        "the project has no name: the directory's isn't one",
        "write `name:` at the top",
        finder.tree.main.shown,
    )


_TOP_KEYS: Sequence[str] = (
    "services",
    "networks",
    "volumes",
    "configs",
    "secrets",
    "include",
    "name",
    "x-bgd",
)
_IN_FILE = r"validating (?P<file>\S+): "
_FORMS: tuple[_Form, ...] = (
    (re.compile(rf"{_IN_FILE}(?P<path>\S+) false schema"), _unknown_key),
    (re.compile(rf"{_IN_FILE}(?P<path>\S*) ?additional properties (?P<keys>'.+') not allowed"), _additional),
    (re.compile(rf"{_IN_FILE}(?P<path>\S+) (?P<said>.+)"), _invalid),
    (re.compile(r"'(?P<path>services\[[^']+)' (?P<said>.+)"), _decoding),
    (
        re.compile(
            r'service "(?P<service>[^"]+)" refers to undefined '
            r"(?P<kind>network|volume|secret|config) (?P<name>[^\s:]+)"
        ),
        _undefined,
    ),
    (
        re.compile(r'service "(?P<service>[^"]+)" depends on undefined service "?(?P<name>[^\s":]+)'),
        _undefined_service,
    ),
    (
        re.compile(
            r"service (?P<service>\S+) declares mutually exclusive `(?P<first>\w+)` and `(?P<second>\w+)`"
        ),
        _exclusive,
    ),
    (re.compile(r"can't set container_name and (?P<service>\S+) as container name"), _named_replicas),
    (re.compile(r'service "(?P<service>[^"]+)" has neither an image nor a build'), _no_image),
    (
        re.compile(
            r"error while interpolating (?P<path>\S+): "
            r"required variable (?P<name>\w+) is missing a value(?:: (?P<said>.*))?"
        ),
        _required,
    ),
    (re.compile(r"invalid interpolation format for (?P<path>\S+?)\.?(?: |$)"), _interpolation),
    (re.compile(r"env file (?P<file>.+?) not found"), _no_env_file),
    (re.compile(r"failed to read (?P<file>/.+?): (?:line (?P<line>\d+): )?(?P<said>.+)"), _bad_env_file),
    (
        re.compile(
            r'cannot extend service "(?P<service>[^"]+)" in (?P<file>.+?): '
            r'service "(?P<name>[^"]+)" not found'
        ),
        _extends,
    ),
    (re.compile(r"dependency cycle detected: (?P<names>.+)"), _cycle),
    (re.compile(r"(?P<said>invalid (?:hostPort|containerPort|port|proto|IP)\w*: (?P<value>\S+))"), _port),
    (re.compile(r"open (?P<file>/\S+): (?P<said>.+)"), _no_file),
    (re.compile(r"project name must not be empty"), _no_name),
    (
        re.compile(r"^(?P<path>(?:services|networks|volumes|configs|secrets)\S*) (?P<said>must be .+)"),
        _invalid,
    ),
)
"""Each form and who tells it; the first that is found counts."""
