"""Every key of the main screen, in one list: bindings, help and palette are made of it.

None of them is a prefix of tmux (`ctrl+b`) or screen (`ctrl+a`).
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tui.intent import ACTIONS


@dataclass(frozen=True, slots=True)
class Command:
    """Something that changes only what is shown."""

    keys: str  # as Textual writes them, separated by commas
    shown: str  # as a person reads them
    action: str
    title: str
    palette: str = ""  # its name there; nothing: only a key


COMMANDS = (
    Command("right_square_bracket", "]", "cycle(1)", "next app"),
    Command("left_square_bracket", "[", "cycle(-1)", "previous app"),
    Command("z", "z", "zoom", "the log on the whole screen, and back", "full log"),
    Command("w", "w", "why", "why the last change failed", "why"),
    Command("escape", "esc", "dismiss", "close the failure card, the message"),
    Command("t", "t", "cycle_theme", "dark or light", "theme"),
    Command("question_mark,f1", "?", "help", "every key, and why an action is refused", "help"),
    Command("colon,ctrl+p", ":", "command_palette", "command palette"),
    Command("q,ctrl+c", "q", "quit", "leave; the daemon and the traffic go on", "quit"),
)

MOVES = (
    ("tab", "to the next pane: log, apps, blue, green"),
    ("j k ↓ ↑", "a line down, up"),
    ("ctrl+d ctrl+u", "a page down, up"),
    ("g G", "to the first line; to the last, and follow"),
    ("h l ← →", "long lines of the log: left, right"),
)


def bindings() -> list[BindingType]:
    """Everything, for Textual; the footer is our own."""
    asked = [Binding(a.key, f"ask('{a.name}')", a.summary, show=False) for a in ACTIONS]
    return [*asked, *(Binding(c.keys, c.action, c.title, show=False) for c in COMMANDS)]
