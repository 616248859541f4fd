"""The terminal UI: news from the daemon goes through the reducers onto the screen, keys become intents."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import Monochrome, NoColor
from textual.message import Message
from textual.screen import Screen

from tui import reduce
from tui.feed import LogFeed
from tui.intent import ACTIONS, Action, Intent, Refusal, planned
from tui.keymap import COMMANDS, bindings
from tui.link import Answered, Happened, Link, Lost, News, Snapshot
from tui.model import State
from tui.panes.applist import AppList
from tui.port import Daemon
from tui.screens.main import MainScreen
from tui.theme import THEMES, theme_for

if TYPE_CHECKING:
    from tui.screens.confirm import ConfirmScreen

TICK_S = 1.0
LOG_EVERY_S = 0.1
SILENT_S = 5.0
"""A status that takes longer than this means that the daemon is away, whatever its socket says."""

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class BgdApp(App[None]):
    """Holds the state; the only place where it changes."""

    TITLE = "bgd"
    CSS_PATH = "bgd.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings()

    class Arrived(Message):
        """There is news in the inbox."""

    class Logged(Message):
        """There are lines in the log's inbox."""

    class Left(Message):
        """It is time to go."""

    def __init__(
        self,
        daemon: Daemon,
        socket_path: str,
        theme: str | None = None,
        clock: Clock = _now,
        silent_s: float = SILENT_S,
    ) -> None:
        super().__init__()
        self.state = State()
        self._daemon = daemon
        self._clock = clock
        self._silent_s = silent_s
        self._main = MainScreen(socket_path)
        self._link = Link(daemon, lambda: self.post_message(self.Arrived()))
        self._feed: LogFeed | None = None
        self._log_at = 0.0  # when lines were last shown
        self._confirm: tuple[Action, ConfirmScreen] | None = None
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = THEMES[theme or theme_for(os.environ.get("COLORFGBG", ""))].name
        if self.no_color:
            # Grey is a colour too: NO_COLOR asks for none at all.
            self._filters = [NoColor() if isinstance(f, Monochrome) else f for f in self._filters]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The variables of our own, for the moment before a theme is set."""
        return THEMES["dark"].variables

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        return self._main

    async def on_mount(self) -> None:
        """Begin to talk and to count seconds."""
        self.set_class(self.no_color, "-plain")
        self._link.start()
        self.set_interval(TICK_S, self._tick)
        self.set_timer(TICK_S, gc.enable)  # `main` put it off until the first paint

    async def on_unmount(self) -> None:
        """End every conversation."""
        self._link.close()
        if self._feed is not None:
            self._feed.close()

    def leave(self) -> None:
        """End soon; from any thread."""
        self.post_message(self.Left())

    def on_bgd_app_left(self) -> None:
        """Give the terminal back."""
        self.exit()

    def become(self, state: State) -> None:
        """The state changes, and the screen with it."""
        before, self.state = self.state, state
        self._main.show(state, self._clock())
        if state.selected != before.selected:
            self._follow_log(state.selected)
        if self._confirm is not None:
            action, screen = self._confirm
            screen.show(planned(action, state))

    def _tick(self) -> None:
        state = reduce.with_time(self.state, self._clock())
        if (silent_s := self._link.silent_s()) > self._silent_s:
            since = self._clock() - timedelta(seconds=silent_s)
            state = reduce.with_lost_link(
                state, "it doesn't answer", "is it busy or stopped? its log tells", since
            )
        self.become(state)

    def on_bgd_app_arrived(self) -> None:
        """Carry all that was learned into the state, then show it once."""
        state = self.state
        for news in self._link.take():
            state = self._reduced(state, news)
        self.become(state)

    def _reduced(self, state: State, news: News) -> State:
        now = self._clock()
        match news:
            case Snapshot(apps):
                return reduce.with_snapshot(state, apps, now)
            case Happened(event):
                return reduce.with_event(state, event, now)
            case Lost(reason, hint):
                return reduce.with_lost_link(state, reason, hint, now)
            case Answered(intent, error):
                state = reduce.with_answer(state, intent.app, intent.verb)
                if error is None:
                    return state
                text = f"{intent.verb} {intent.app}: {error.message}"
                return reduce.with_notice(state, "error", text, error.hint, now)

    def _follow_log(self, app: str | None) -> None:
        if self._feed is not None:
            self._feed.close()
        self._feed = None
        self._main.log_view.clear()
        if app is not None:
            self._feed = LogFeed(self._daemon, app, lambda: self.post_message(self.Logged()))
            self._feed.start()

    def on_bgd_app_logged(self) -> None:
        """Show lines at most ten times a second, however many come."""
        wait_s = self._log_at + LOG_EVERY_S - time.monotonic()
        if wait_s > 0:
            self.set_timer(wait_s, self._show_log)
        else:
            self._show_log()

    def _show_log(self) -> None:
        if self._feed is None:
            return
        self._log_at = time.monotonic()
        batch = self._feed.take()
        self._main.log_trouble = batch.trouble
        self._main.log_view.extend(batch.lines, batch.dropped)

    def on_app_list_picked(self, event: AppList.Picked) -> None:
        """Another app is to be shown."""
        self.become(reduce.with_selection(self.state, event.app))

    def action_ask(self, name: str) -> None:
        """Ask before doing it, or say why it can't be done."""
        action = next(action for action in ACTIONS if action.name == name)
        would = planned(action, self.state)
        if isinstance(would, Refusal):
            told = reduce.with_notice(
                self.state, "warning", f"{action.label}: {would.reason}", "", self._clock()
            )
            self.become(told)
            return
        from tui.screens.confirm import ConfirmScreen  # not before it is needed: the first paint is quicker

        screen = ConfirmScreen(would)
        self._confirm = (action, screen)
        self.push_screen(screen, lambda is_yes: self._confirmed(would, bool(is_yes)))

    def _confirmed(self, intent: Intent, is_yes: bool) -> None:
        self._confirm = None
        if is_yes:
            self.become(reduce.with_request(self.state, intent.app, intent.verb))
            self._link.send(intent)

    def action_cycle(self, step: int) -> None:
        """To the next app or the one before."""
        names = [app.name for app in self.state.apps]
        if self.state.selected in names:
            position = (names.index(self.state.selected) + step) % len(names)
            self.become(reduce.with_selection(self.state, names[position]))

    def action_zoom(self) -> None:
        """The log on the whole screen, and back."""
        self._main.toggle_class("-zoomed")

    def action_why(self) -> None:
        """Open the failure card."""
        self.become(reduce.with_card(self.state, is_open=True))

    def action_dismiss(self) -> None:
        """Close the card, or else the message."""
        if self.state.card is not None:
            self.become(reduce.with_card(self.state, is_open=False))
        else:
            self.become(reduce.without_notice(self.state))

    def action_cycle_theme(self) -> None:
        """Dark or light."""
        names = [theme.name for theme in THEMES.values()]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]

    def action_help(self) -> None:
        """Every key."""
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.state))

    def action_help_quit(self) -> None:
        """Textual's answer to `ctrl+c` is advice; ours is to go."""
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's
        """What the palette offers: actions with their reason where they are refused, apps, views."""
        for action in ACTIONS:
            would = planned(action, self.state)
            told = (
                f"not now: {would.reason}"
                if isinstance(would, Refusal)
                else f"{action.key} · {action.summary}"
            )
            yield SystemCommand(action.label, told, lambda name=action.name: self.action_ask(name))
        for app in self.state.apps:
            yield SystemCommand(
                f"go to {app.name}", "show this app", lambda name=app.name: self._select(name)
            )
        for command in COMMANDS:
            if command.palette:
                yield SystemCommand(
                    command.palette,
                    f"{command.shown} · {command.title}",
                    lambda action=command.action: self.run_action(action),
                )

    def _select(self, name: str) -> None:
        self.become(reduce.with_selection(self.state, name))
