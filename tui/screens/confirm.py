"""Asks before anything is changed: the app's name, the effect in words, the equal line of bgctl."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.intent import Intent, Planned, Refusal
from tui.view.line import line


class ConfirmScreen(ModalScreen[bool]):
    """Answers true or false. Cancel is the default: a stray Enter does nothing."""

    AUTO_FOCUS = "#keep"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "answer(False)", show=False),
        Binding("y", "answer(True)", show=False),
        Binding("left,right,h,l,tab,shift+tab,up,down,j,k", "move", show=False),
    ]

    def __init__(self, intent: Intent) -> None:
        super().__init__()
        self.intent = intent
        self._refusal = ""

    def compose(self) -> ComposeResult:
        """Title, effect, line, buttons."""
        with Vertical(id="question"):
            yield Static(Content(self.intent.effect), id="effect")
            yield Static(line(("$ ", "$muted"), self.intent.command), id="command")
            yield Static("", id="changed")
            with Horizontal(id="buttons"):
                yield Button(Content("Cancel"), id="keep", compact=True)
                yield Button(Content(self.intent.label), id="go", compact=True)
            yield Static(Content.styled("enter chooses · y does it · esc leaves", "$muted"), id="hint")

    def on_mount(self) -> None:
        """The title goes into the frame."""
        self.query_one("#question").border_title = Content(self.intent.title)

    def show(self, planned: Planned) -> None:
        """The state changed: what was asked must still be what would be done."""
        if isinstance(planned, Refusal):
            refusal = planned.reason
        elif planned != self.intent:
            refusal = "the app has changed meanwhile: look, and ask again"
        else:
            refusal = ""
        if refusal == self._refusal or not self.is_mounted:
            return
        self._refusal = refusal
        told = Content.styled(f"✗ {refusal}", "$bad") if refusal else Content("")
        self.query_one("#changed", Static).update(told)
        self.query_one("#changed").display = bool(refusal)
        self.query_one("#go").disabled = bool(refusal)
        if refusal:
            self.query_one("#keep").focus()

    def action_move(self) -> None:
        """To the other button; there are two."""
        keep, go = self.query_one("#keep"), self.query_one("#go")
        (go if self.focused is keep and not self._refusal else keep).focus()

    def action_answer(self, is_yes: bool) -> None:
        """Close with the answer; yes doesn't count while refused."""
        if not (is_yes and self._refusal):
            self.dismiss(is_yes)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button was chosen."""
        event.stop()
        self.action_answer(event.button.id == "go")
