"""Every key of the main screen, in one list: bindings, footer, help and palette are made of it.

A person may give other keys to any name in the list; `Keys.of` says which of them can't be. None of the
keys is a prefix of tmux (`ctrl+b`) or screen (`ctrl+a`), and none may become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from textual.binding import Binding, BindingType
from textual.keys import _character_to_key

PREFIXES = {"ctrl+b": "tmux", "ctrl+a": "screen"}
MOVES = (
    ("tab", "to the next pane: log, apps, blue, green"),
    ("j k ↓ ↑", "a line down, up"),
    ("ctrl+d ctrl+u", "a page down, up"),
    ("g G", "to the first line; to the last, and follow"),
    ("h l ← →", "long lines of the log: left, right"),
)
FIXED = frozenset(["j", "k", "h", "l", "g", "G"]) | {
    "tab", "shift+tab", "enter", "up", "down", "left", "right", "ctrl+d", "ctrl+u", "ctrl+c",
    "pageup", "pagedown", "home", "end",
}  # fmt: skip
"""Keys that move: what they are for can't be changed."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something a key does. `group` is action (it changes something, and asks first), screen or log."""

    name: str
    keys: str  # as Textual writes them, separated by commas
    action: str
    title: str
    group: str = "screen"
    palette: str = ""  # its name there; nothing: only a key


COMMANDS = (
    Command("deploy", "d", "ask('deploy')", "a new release into the idle colour, then the switch", "action"),
    Command("stage", "D", "ask('stage')", "a new release into the idle colour, and no further", "action"),
    Command("switch", "s", "ask('switch')", "move the public traffic to the other colour", "action"),
    Command("rollback", "r", "ask('rollback')", "back to the previous release", "action"),
    Command("promote", "p", "ask('promote')", "let a deployment that waits for approval switch", "action"),
    Command("cancel", "c", "ask('cancel')", "stop the deployment that runs and clean it up", "action"),
    Command("smoke", "v", "ask('smoke')", "run the smoke checks now", "action"),
    Command("stop", "x", "ask('stop')", "stop the idle colour", "action"),
    Command(
        "maintenance", "m", "ask('maintenance')", "a page instead of the app, and the app again", "action"
    ),
    Command("next", "right_square_bracket", "cycle(1)", "next app"),
    Command("previous", "left_square_bracket", "cycle(-1)", "previous app"),
    Command("history", "H", "history", "past deployments, and what was in them", palette="history"),
    Command("why", "e", "why", "why the last change failed", palette="why it failed"),
    Command("zoom", "z", "screen.zoom", "the log on the whole screen, and back", palette="full log"),
    Command("theme", "T", "cycle_theme", "dark, light, ANSI, high contrast", palette="theme"),
    Command("help", "question_mark,f1", "help", "every key, and why an action is refused", palette="help"),
    Command("palette", "colon,ctrl+p", "command_palette", "command palette"),
    Command("dismiss", "escape", "dismiss", "close the card, the message, the search"),
    Command("quit", "q,ctrl+c", "quit", "leave; the daemon and the traffic go on", palette="quit"),
    Command("search", "slash", "screen.log_ask('search')", "look for words", "log", "search the log"),
    Command("found-next", "n", "screen.log_find(1)", "the next line that has them", "log"),
    Command("found-previous", "N", "screen.log_find(-1)", "the line before that has them", "log"),
    Command("only", "f", "screen.log_ask('keep')", "only lines with …", "log", "filter the log"),
    Command("without", "F", "screen.log_ask('drop')", "no lines with …", "log", "filter lines out"),
    Command("scope", "o", "screen.log_scope", "one service or colour, or all", "log", "one service only"),
    Command("since", "S", "screen.log_ask('since')", "from a time on", "log", "log since"),
    Command("wrap", "w", "screen.log_fold", "long lines folded, or cut off", "log", "wrap lines"),
    Command("times", "t", "screen.log_times", "times short, whole, none", "log", "timestamps"),
    Command(
        "copy",
        "y",
        "screen.log_copy(False)",
        "copy what is marked, or the lines on the screen",
        "log",
        "copy",
    ),
    Command("copy-all", "Y", "screen.log_copy(True)", "copy every line that is shown", "log"),
    Command("save", "W", "screen.log_ask('save')", "write them to a file", "log", "save the log"),
)
_BY_NAME = {command.name: command for command in COMMANDS}
_SHOWN = {
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "escape": "esc",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys do what: those of the list but for `changed`, which maps names to keys."""

    changed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, wanted: Mapping[str, object]) -> tuple[Keys, tuple[str, ...]]:
        """Keys as a person wants them, and why some of them stay as they were."""
        problems: list[str] = []
        usable: dict[str, str] = {}
        for name, value in wanted.items():
            given = [value] if isinstance(value, str) else value
            if name not in _BY_NAME:
                problems.append(f"there is nothing called {name!r}")
            elif not isinstance(given, list) or not all(isinstance(key, str) and key for key in given):
                problems.append(f"{name}: a key is a text like 'd' or 'ctrl+r'")
            else:
                keys = [normal(key) for key in given]
                taken = next((key for key in keys if key in PREFIXES or key in FIXED), None)
                if taken is None:
                    usable[name] = ",".join(keys)
                else:
                    of = f"{PREFIXES[taken]}'s prefix" if taken in PREFIXES else "for moving"
                    problems.append(f"{name}: {shown_key(taken)} is {of}")
        while clash := _clash(usable):
            key, names = clash
            problems.append(f"{shown_key(key)} is for {' and '.join(names)}")
            usable = {name: keys for name, keys in usable.items() if name not in names}
        return cls(usable), tuple(problems)

    def keys(self, name: str) -> str:
        """As Textual writes them."""
        return self.changed.get(name) or _BY_NAME[name].keys

    def shown(self, name: str) -> str:
        """The first of them, as a person reads it."""
        return shown_key(self.keys(name).split(",")[0])


DEFAULT = Keys()


def _clash(changed: Mapping[str, str]) -> tuple[str, list[str]] | None:
    held: dict[str, list[str]] = {}
    for command in COMMANDS:
        for key in (changed.get(command.name) or command.keys).split(","):
            held.setdefault(key, []).append(command.name)
    return next(((key, names) for key, names in held.items() if len(names) > 1), None)


def normal(key: str) -> str:
    """A key as Textual names it: `?` is `question_mark`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*modifiers, _character_to_key(last) if len(last) == 1 else last])


def shown_key(key: str) -> str:
    """A key as a person reads it."""
    return _SHOWN.get(key, key)


def commands(*groups: str) -> Iterable[Command]:
    """Those of some groups."""
    return (command for command in COMMANDS if command.group in groups)


def bindings() -> list[BindingType]:
    """Everything, for Textual; the footer is our own."""
    return [Binding(c.keys, c.action, c.title, show=False, id=c.name) for c in COMMANDS]
