"""What the smoke checks said."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.intent import Intent
from tui.plain import plain, plain_lines
from tui.view.line import hue, line, stacked
from tui.words import color_name, count, took


def smoke_content(answer: dict[str, Any]) -> Content:
    """A line for each check; of those that failed the reason and the answer."""
    color, checks = plain(answer.get("color")), answer.get("checks") or []
    failed = [check for check in checks if not check.get("passed")]
    if failed:
        verdict = (f"{count(len(failed), 'check')} of {len(checks)} failed", "bold $bad")
    else:
        verdict = (f"{count(len(checks), 'check')} passed", "bold")
    lines = [line(verdict, " on ", (color_name(color), f"bold {hue(color)}")), Content("")]
    for check in checks:
        mark = ("✓ ", "") if check.get("passed") else ("✗ ", "bold $bad")
        lines.append(line(mark, plain(check.get("check")), (f"  {took(check.get('took_ms'))}", "$muted")))
        if not check.get("passed"):
            lines.append(line("  ", (plain(check.get("reason")), "$bad")))
            told = plain_lines(check.get("answer"))
            lines += [line(("  │ ", "$faint"), (one, "$muted")) for one in told.splitlines()]
    return stacked(lines)


class SmokeScreen(ModalScreen[None]):
    """Any of the usual keys leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,space", "dismiss(None)", show=False)]

    def __init__(self, intent: Intent, answer: dict[str, Any]) -> None:
        super().__init__()
        self._intent = intent
        self._answer = answer

    def compose(self) -> ComposeResult:
        """The checks."""
        with VerticalScroll(id="help"):
            yield Static(smoke_content(self._answer))

    def on_mount(self) -> None:
        """Whose they are."""
        pane = self.query_one("#help")
        pane.border_title = Content(f"Smoke checks of {self._intent.app}")
        pane.border_subtitle = "esc closes"
