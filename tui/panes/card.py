"""The failure card."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from tui.model import State
from tui.panes.pane import Pane
from tui.panes.vim import SCROLLING
from tui.view.card import card_content, card_title


class CardBody(Pane):
    """What the card says."""

    def draw(self, width: int) -> Content:
        """As many lines as it takes."""
        app, deployment = self.state.app, self.state.card
        if app is None or deployment is None or deployment.failure is None:
            return Content("")
        return card_content(app, deployment, deployment.failure, width)


class FailureCard(VerticalScroll):
    """Takes the log's place until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = SCROLLING

    def __init__(self) -> None:
        super().__init__(id="card")
        self._body = CardBody()
        self._shown: int | None = None  # the deployment's id

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._body

    def show(self, state: State, now: datetime) -> None:
        """Take the next state, and appear where there is a card to show."""
        deployment = state.card
        self.display = deployment is not None
        self._body.show(state, now)
        if deployment is not None and deployment.id != self._shown:
            self._shown = deployment.id
            self.border_subtitle = f"esc closes · {state.keys.shown('why')} opens"
            self.border_title = Content(card_title(deployment))
            self.scroll_home(animate=False)
