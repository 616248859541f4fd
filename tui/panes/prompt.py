"""The line below the log in which a person writes what to look for."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui.sieve import Pattern
from tui.view.line import line

LABELS = {
    "search": "search",
    "keep": "only lines with",
    "drop": "no lines with",
    "since": "since",
    "save": "save to",
}
HINTS = {
    "since": "10m, 2h, 14:30 or a date; nothing: the last lines",
    "save": "a file that isn't there yet",
}
PATTERNS = ("search", "keep", "drop")


class Prompt(Horizontal):
    """One line of text; patterns are told with every key, everything else when it is done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("ctrl+r", "toggle_regex", show=False),
    ]

    class Changed(Message):
        """The pattern so far; `None` while there is none, or none that can be used."""

        def __init__(self, kind: str, pattern: Pattern | None) -> None:
            super().__init__()
            self.kind, self.pattern = kind, pattern

    class Done(Message):
        """Enter was pressed; `text` is `None` when it was left instead."""

        def __init__(self, kind: str, text: str | None) -> None:
            super().__init__()
            self.kind, self.text = kind, text

    def __init__(self, kind: str, text: str = "", is_regex: bool = False) -> None:
        super().__init__(id="prompt")
        self.kind = kind
        self.is_regex = is_regex
        self._text = text

    def compose(self) -> ComposeResult:
        """What is asked, what is written, what is wrong with it."""
        yield Static(Content.styled(f"{LABELS[self.kind]} ", "bold"), id="asked")
        yield Input(self._text, compact=True, id="written", select_on_focus=False)
        yield Static("", id="remark")

    def on_mount(self) -> None:
        """Ready to be written in."""
        self.query_one(Input).focus()
        self._remark()

    @property
    def pattern(self) -> Pattern | None:
        """What is written, as something to look for."""
        text = self.query_one(Input).value
        return Pattern(text, self.is_regex) if text else None

    def reject(self, why: str) -> None:
        """It can't be done; the line stays as it is."""
        self.query_one("#remark", Static).update(Content.styled(f" ✗ {why}", "$bad"))

    def _remark(self) -> None:
        if self.kind not in PATTERNS:
            told = Content.styled(f" {HINTS[self.kind]}", "$muted")
        elif (pattern := self.pattern) is not None and pattern.problem:
            told = Content.styled(f" ✗ {pattern.problem}", "$bad")
        else:
            words = ("regex", "bold $key") if self.is_regex else ("words", "$muted")
            told = line(" ", words, (" ctrl+r", "$faint"))
        self.query_one("#remark", Static).update(told)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another key."""
        event.stop()
        self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        pattern = self.pattern
        if self.kind not in PATTERNS or pattern is None or not pattern.problem:
            self.post_message(self.Done(self.kind, event.value.strip()))

    def action_toggle_regex(self) -> None:
        """Words, or a regular expression."""
        self.is_regex = not self.is_regex
        self._tell()

    def action_leave(self) -> None:
        """As if nothing had been asked."""
        self.post_message(self.Done(self.kind, None))

    def _tell(self) -> None:
        self._remark()
        if self.kind in PATTERNS:
            pattern = self.pattern
            usable = pattern if pattern is not None and not pattern.problem else None
            if pattern is None or usable is not None:
                self.post_message(self.Changed(self.kind, usable))
