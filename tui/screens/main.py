"""The main screen: what is shown of the state, and where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from tui.feed import Scope
from tui.model import COLORS, EPOCH, State
from tui.panes.applist import AppList
from tui.panes.card import FailureCard
from tui.panes.frame import Banner, Beside, Change, Headline, Keys, Message, Waiting
from tui.panes.logs import LogPane, Open
from tui.panes.slot import SlotFrame

LIST_FROM = 100
"""From this width on there is room for the list of apps."""


class MainScreen(Screen[None]):
    """Lays the panes out and hands each the state."""

    AUTO_FOCUS = "#log"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (LIST_FROM, "-wide")]  # noqa: RUF012 - declared by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-high")]  # noqa: RUF012

    def __init__(self, socket_path: str, open_feed: Open, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.headline = Headline(id="headline")
        self.banner = Banner(id="banner")
        self.waiting = Waiting(socket_path)
        self.apps = AppList()
        self.main = Vertical(id="main")
        self.slots = [SlotFrame(color) for color in COLORS]
        self.beside = Beside(id="beside")
        self.change = Change(id="change")
        self.logs = LogPane(open_feed, clock)
        self.log_view = self.logs.view
        self.card = FailureCard()
        self.message = Message(id="message")
        self.keys = Keys(id="keys")
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
                yield self.logs
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
        self.logs.is_away = is_away
        has_more = app is not None and bool(app.shared or app.problems)
        self.beside.display = has_more and not self.has_class("-zoomed")
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
        self.logs.display = not self.card.display
        # Textual takes the focus from what was hidden while there was no app, and gives it to nobody.
        is_lost = self.focused is None and state.app is not None
        if is_lost or (self.card.display != was_open and had_focus):
            self.set_focus(self.card if self.card.display else self.log_view)

    def on_resize(self) -> None:
        """The list of apps comes and goes with the width."""
        self.show(self._state, self._now)

    @property
    def focused_pane(self) -> str:
        """What the keys move: log, apps, card or color."""
        if self.focused is self.apps:
            return "apps"
        if self.focused is self.card:
            return "card"
        return "color" if self.focused in self.slots else "log"

    def action_zoom(self) -> None:
        """The log on the whole screen, and back."""
        self.toggle_class("-zoomed")
        self.show(self._state, self._now)

    def action_log_ask(self, kind: str) -> None:
        """Ask what to look for, in the log."""
        if self.logs.display and self._state.app is not None:
            self.logs.ask(kind)

    def action_log_find(self, step: int) -> None:
        """The next line that has the words."""
        if self.logs.display:
            self.logs.find(step)

    def action_log_fold(self) -> None:
        """Long lines folded, or cut off."""
        self.log_view.toggle_fold()

    def action_log_times(self) -> None:
        """Times short, whole, or none."""
        self.log_view.cycle_times()

    def action_log_copy(self, is_everything: bool) -> None:
        """To the clipboard."""
        self.logs.copy(is_everything)

    def action_log_scope(self) -> None:
        """Choose whose lines are shown."""
        from tui.screens.scope import ScopeScreen

        app = self._state.app
        if app is not None:
            self.app.push_screen(ScopeScreen(app, self.logs.scope), self._narrow)

    def _narrow(self, scope: Scope | None) -> None:
        if scope is not None:
            self.logs.narrow(scope)
