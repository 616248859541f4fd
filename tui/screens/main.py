"""The main screen: what is shown of the state, and where."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from tui.model import COLORS, EPOCH, State
from tui.panes.applist import AppList
from tui.panes.card import FailureCard
from tui.panes.frame import Banner, Beside, Change, Headline, Keys, LogTitle, Message, Waiting
from tui.panes.log import LogView
from tui.panes.slot import SlotFrame

LIST_FROM = 90
"""From this width on there is room for the list of apps."""


class MainScreen(Screen[None]):
    """Lays the panes out and hands each the state."""

    AUTO_FOCUS = "#log"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (LIST_FROM, "-wide")]  # noqa: RUF012 - declared by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-high")]  # noqa: RUF012

    def __init__(self, socket_path: str) -> None:
        super().__init__()
        self.headline = Headline(id="headline")
        self.banner = Banner(id="banner")
        self.waiting = Waiting(socket_path)
        self.apps = AppList()
        self.main = Vertical(id="main")
        self.slots = [SlotFrame(color) for color in COLORS]
        self.beside = Beside(id="beside")
        self.change = Change(id="change")
        self.log_title = LogTitle(id="logtitle")
        self.log_view = LogView()
        self.card = FailureCard()
        self.message = Message(id="message")
        self.keys = Keys(id="keys")
        self.log_trouble = ""  # why the log can't be followed
        self._state = State()
        self._now = EPOCH

    def compose(self) -> ComposeResult:
        """The panes from top to bottom."""
        yield self.headline
        yield self.banner
        with Horizontal(id="body"):
            yield self.waiting
            yield self.apps
            with self.main:
                yield Horizontal(*self.slots, id="slots")
                yield self.beside
                yield self.change
                yield self.log_title
                yield self.log_view
                yield self.card
        yield self.message
        yield self.keys

    def show(self, state: State, now: datetime) -> None:
        """Take the next state."""
        self._state, self._now = state, now
        app = state.app
        shows_list = len(state.apps) > 1 and self.size.width >= LIST_FROM
        is_away = state.is_stale and state.link.since is not None
        self.headline.shows_list = shows_list
        self.apps.display = shows_list
        self.banner.display = is_away
        self.waiting.display = app is None
        self.main.display = app is not None
        self.message.display = state.notice is not None
        self.set_class(is_away, "-stale")
        self.beside.display = app is not None and bool(app.shared or app.problems)
        if shows_list:
            self.apps.show(state)
        for pane in (
            self.headline,
            self.banner,
            self.waiting,
            self.beside,
            self.change,
            self.message,
            self.keys,
        ):
            pane.show(state, now)
        for slot in self.slots:
            slot.show(state, now)
        self._show_card(state, now)

    def _show_card(self, state: State, now: datetime) -> None:
        had_focus = self.focused in (self.card, self.log_view)
        was_open = self.card.display
        self.card.show(state, now)
        self.log_view.display = self.log_title.display = not self.card.display
        # Textual takes the focus from what was hidden while there was no app, and gives it to nobody.
        is_lost = self.focused is None and state.app is not None
        if is_lost or (self.card.display != was_open and had_focus):
            self.set_focus(self.card if self.card.display else self.log_view)

    def on_resize(self) -> None:
        """The list of apps comes and goes with the width."""
        self.show(self._state, self._now)

    def on_log_view_moved(self) -> None:
        """Say whether it follows."""
        log = self.log_view
        self.log_title.tell(log.is_following, log.unseen, log.dropped, self.log_trouble)
