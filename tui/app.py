"""The terminal UI: news from the daemon goes through the reducers onto the screen, keys become intents."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import Monochrome, NoColor
from textual.message import Message
from textual.screen import Screen

from tui import reduce
from tui.actions import ACTIONS, rollback_to
from tui.clipboard import osc52
from tui.config import Config
from tui.feed import LogFeed
from tui.intent import Action, Intent, Planned, Refusal, planned
from tui.keymap import bindings
from tui.link import Link
from tui.model import State
from tui.news import Answered, Happened
from tui.palette import entries
from tui.panes.applist import AppList
from tui.panes.logs import LogPane
from tui.port import Daemon
from tui.screens.main import MainScreen
from tui.theme import THEMES, theme_for

if TYPE_CHECKING:
    from tui.screens.confirm import ConfirmScreen
    from tui.screens.history import HistoryScreen

TICK_S = 1.0
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
        config: Config | None = None,
        read_only: bool = False,
    ) -> None:
        super().__init__()
        config = config or Config()
        self.state = State(keys=config.keys, is_read_only=read_only)
        self.daemon = daemon
        self.clock = clock
        self._problems = config.problems
        self._silent_s = silent_s
        logged = lambda: self.post_message(self.Logged())  # noqa: E731 - the feed calls it from its thread
        self._main = MainScreen(socket_path, partial(LogFeed, daemon, logged), clock)
        self._link = Link(daemon, lambda: self.post_message(self.Arrived()))
        self._asked: tuple[Callable[[State], Planned], ConfirmScreen] | None = None
        self._history: HistoryScreen | None = None
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = THEMES[theme or config.theme or theme_for(os.environ.get("COLORFGBG", ""))].name
        self.set_keymap(dict(config.keys.changed))
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
        if self._problems:
            told = reduce.with_notice(self.state, "warning", "; ".join(self._problems), "", self.clock())
            self.become(told)

    async def on_unmount(self) -> None:
        """End every conversation."""
        self._link.close()
        self._main.logs.close()

    def leave(self) -> None:
        """End soon; from any thread."""
        self.post_message(self.Left())

    def on_bgd_app_left(self) -> None:
        """Give the terminal back."""
        self.exit()

    def become(self, state: State) -> None:
        """The state changes, and the screen with it."""
        before, self.state = self.state, state
        self._main.show(state, self.clock())
        if state.selected != before.selected:
            self._link.watch(state.selected)
            self._main.logs.follow(state.selected)
        if self._asked is not None:
            plan, screen = self._asked
            screen.show(plan(state))

    def _tick(self) -> None:
        state = reduce.with_time(self.state, self.clock())
        if (silent_s := self._link.silent_s()) > self._silent_s:
            since = self.clock() - timedelta(seconds=silent_s)
            state = reduce.with_lost_link(
                state, "it doesn't answer", "is it busy or stopped? its log tells", since
            )
        self.become(state)

    def on_bgd_app_arrived(self) -> None:
        """Carry all that was learned into the state, then show it once."""
        state = self.state
        for news in self._link.take():
            state = reduce.with_news(state, news, self.clock())
            if isinstance(news, Happened) and self._history is not None:
                self._history.hear(news.event)
            if isinstance(news, Answered) and news.intent.verb == "smoke" and news.answer is not None:
                self._show_smoke(news)
        self.become(state)

    def _show_smoke(self, news: Answered) -> None:
        from tui.screens.smoke import SmokeScreen

        self.push_screen(SmokeScreen(news.intent, news.answer))

    def on_bgd_app_logged(self) -> None:
        """Show them."""
        self._main.logs.arrived()

    def on_app_list_picked(self, event: AppList.Picked) -> None:
        """Another app is to be shown."""
        self.become(reduce.with_selection(self.state, event.app))

    def on_log_pane_told(self, event: LogPane.Told) -> None:
        """The log has something to say."""
        self.become(reduce.with_notice(self.state, event.level, event.text, event.hint, self.clock()))

    def on_log_pane_copied(self, event: LogPane.Copied) -> None:
        """Something goes to the clipboard."""
        self.copy_to_clipboard(event.text)

    def copy_to_clipboard(self, text: str) -> None:
        """Set the clipboard of the terminal, through tmux and screen too."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(osc52(text, os.environ))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys of the main screen do nothing while another is above it; read-only has no actions."""
        if action == "ask" and self.state.is_read_only:
            return False
        if action in ("quit", "command_palette", "help_quit", "help"):
            return True
        return self.screen is self._main

    def action_ask(self, name: str) -> None:
        """Ask before doing it, or say why it can't be done."""
        action = next(action for action in ACTIONS if action.name == name)
        self.ask(action, lambda state: planned(action, state), self._refuse)

    def _refuse(self, why: str) -> None:
        self.become(reduce.with_notice(self.state, "warning", why, "", self.clock()))

    def ask(self, action: Action, plan: Callable[[State], Planned], refuse: Callable[[str], object]) -> None:
        """Ask whether to do what `plan` makes of the state, or tell `refuse` why it can't be done."""
        would = plan(self.state)
        if isinstance(would, Refusal):
            refuse(f"{action.label}: {would.reason}")
            return
        from tui.screens.confirm import ConfirmScreen  # not before it is needed: the first paint is quicker

        screen = ConfirmScreen(would)
        self._asked = (plan, screen)
        self.push_screen(screen, lambda is_yes: self._confirmed(would, bool(is_yes)))

    def _confirmed(self, intent: Intent, is_yes: bool) -> None:
        self._asked = None
        if is_yes:
            self._history = None
            while self.screen is not self._main:
                self.pop_screen()  # what comes of it is seen there
            self.become(reduce.with_request(self.state, intent.app, intent.verb))
            self._link.send(intent)

    def action_cycle(self, step: int) -> None:
        """To the next app or the one before."""
        names = [app.name for app in self.state.apps]
        if self.state.selected in names:
            self.action_go((names.index(self.state.selected) + step) % len(names))

    def action_go(self, position: int) -> None:
        """To an app of the list."""
        if position < len(self.state.apps):
            self.become(reduce.with_selection(self.state, self.state.apps[position].name))

    def action_history(self) -> None:
        """What is past of this app."""
        from tui.screens.history import HistoryScreen

        app = self.state.app
        if app is not None:
            self._history = HistoryScreen(self.daemon, app, self.clock, self.state.is_read_only)
            self.push_screen(self._history, self._closed_history)

    def _closed_history(self, _: None) -> None:
        self._history = None

    def on_history_screen_roll_back(self, event: HistoryScreen.RollBack) -> None:
        """Ask whether to go back to that release."""
        action = next(action for action in ACTIONS if action.name == "rollback")
        plan = partial(rollback_to, release=event.release)
        self.ask(action, lambda state: planned(replace(action, plan=plan), state), event.refuse)

    def action_why(self) -> None:
        """Open the failure card."""
        self.become(reduce.with_card(self.state, is_open=True))

    def action_dismiss(self) -> None:
        """Close the card, or the message, or what the log looks for."""
        if self.state.card is not None:
            self.become(reduce.with_card(self.state, is_open=False))
        elif self.state.notice is not None:
            self.become(reduce.without_notice(self.state))
        elif not self._main.logs.forget() and self._main.has_class("-zoomed"):
            self._main.action_zoom()

    def action_cycle_theme(self) -> None:
        """The next theme."""
        names = [theme.name for theme in THEMES.values()]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]

    def action_help(self) -> None:
        """The keys, those of the pane in focus first."""
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.state, self._main.focused_pane))

    def action_help_quit(self) -> None:
        """Textual's answer to `ctrl+c` is advice; ours is to go."""
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's
        """What the palette offers."""
        for entry in entries(self.state):
            yield SystemCommand(entry.title, entry.told, partial(self.run_action, entry.action))
