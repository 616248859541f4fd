"""The log with its title and its prompt: what is followed, what is looked for, what is kept of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from tui.clipboard import clipped
from tui.feed import LogFeed, Scope
from tui.model import Level
from tui.panes.log import LogView
from tui.panes.pane import Pane
from tui.panes.prompt import PATTERNS, Prompt
from tui.ring import Line
from tui.sieve import Pattern, Sieve
from tui.view.logline import log_text
from tui.view.logtitle import LogFacts, log_title
from tui.words import count, since_of

LOG_EVERY_S = 0.1

Open = Callable[[str, Scope], LogFeed]
"""Makes the feed of an app: its name, and which lines. `arrived` is to be called when some are there."""


class LogTitle(Pane):
    """What is shown of the log, and whether it follows."""

    facts = LogFacts()

    def tell(self, facts: LogFacts) -> None:
        """Take what the log says of itself."""
        self.facts = facts
        self.show(self.state, self.now)

    def draw(self, width: int) -> Content:
        """One line."""
        return log_title(width, self.facts)


class LogPane(Vertical):
    """Follows one app's log. What it has to say goes out as `Told`, what was marked as `Copied`."""

    class Told(Message):
        """Something for the line of messages."""

        def __init__(self, level: Level, text: str, hint: str = "") -> None:
            super().__init__()
            self.level, self.text, self.hint = level, text, hint

    class Copied(Message):
        """Text for the clipboard."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, open_feed: Open, clock: Callable[[], datetime]) -> None:
        super().__init__(id="logs")
        self.title_line = LogTitle(id="logtitle")
        self.view = LogView()
        self.scope = Scope()
        self.prompt: Prompt | None = None
        self._open = open_feed
        self._clock = clock
        self._app: str | None = None
        self._feed: LogFeed | None = None
        self._shown_at = 0.0  # when lines were last shown
        self._trouble = ""
        self.is_away = False  # the banner says already why there are no lines
        self._place = (0, 0)  # of the line that was found: which, of how many
        self._before: Pattern | None = None  # what the prompt changes, to put it back

    def compose(self) -> ComposeResult:
        """Title, lines; the prompt comes when it is asked for."""
        yield self.title_line
        yield self.view

    def follow(self, app: str | None) -> None:
        """Another app, or none; what was looked for in the one before is forgotten."""
        self._app, self.scope = app, Scope()
        self.view.search(None)
        self.view.sift(Sieve())
        self._reopen()

    def narrow(self, scope: Scope) -> None:
        """Other lines of the same app."""
        if scope != self.scope:
            self.scope = scope
            self._reopen()

    def close(self) -> None:
        """End it."""
        if self._feed is not None:
            self._feed.close()
        self._feed = None

    def _reopen(self) -> None:
        self.close()
        self._trouble = ""
        self.view.clear()
        if self._app is not None:
            self._feed = self._open(self._app, self.scope)
            self._feed.start()
        self._tell()

    def arrived(self) -> None:
        """There are lines in the inbox: show them, at most ten times a second, however many come."""
        wait_s = self._shown_at + LOG_EVERY_S - time.monotonic()
        if wait_s > 0:
            self.set_timer(wait_s, self._show)
        else:
            self._show()

    def _show(self) -> None:
        if self._feed is None:
            return
        self._shown_at = time.monotonic()
        batch = self._feed.take()
        self._trouble = batch.trouble
        self.view.extend(batch.lines, batch.dropped)

    def on_log_view_moved(self, event: LogView.Moved) -> None:
        """Say so in the title."""
        event.stop()
        self._tell()

    def _tell(self) -> None:
        view = self.view
        self.title_line.tell(
            LogFacts(
                is_following=view.is_following,
                unseen=view.unseen,
                dropped=view.dropped,
                trouble="" if self.is_away else self._trouble,
                scope=self.scope,
                sieve=view.window.sieve,
                search=view.look.search,
                place=self._place,
                shown=view.window.count,
                kept=len(view.ring),
                is_folded=view.look.is_folded,
            )
        )

    def ask(self, kind: str) -> None:
        """Open the prompt; with what is looked for already."""
        if self.prompt is not None:
            return
        text, is_regex = "", False
        if kind in PATTERNS:
            self._before = self._pattern(kind)
            # A search begins anew, as in `less`; filters are changed more often than replaced.
            if self._before is not None:
                text, is_regex = ("" if kind == "search" else self._before.text), self._before.is_regex
        elif kind == "since":
            text = self.scope.asked
        else:
            text = f"{self._app}-{self._clock().astimezone():%Y%m%d-%H%M%S}.log"
        self.prompt = Prompt(kind, text, is_regex)
        self.mount(self.prompt)

    def _pattern(self, kind: str) -> Pattern | None:
        if kind == "search":
            return self.view.look.search
        sieve = self.view.window.sieve
        return sieve.keep if kind == "keep" else sieve.drop

    def _use(self, kind: str, pattern: Pattern | None) -> None:
        if kind == "search":
            self.view.search(pattern)
            self._place = self.view.find(-1) if pattern is not None else (0, 0)
        elif kind == "keep":
            self.view.sift(replace(self.view.window.sieve, keep=pattern))
        else:
            self.view.sift(replace(self.view.window.sieve, drop=pattern))
        self._tell()

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Look while it is written."""
        event.stop()
        if self.prompt is not None and self.prompt.kind == event.kind:
            self._use(event.kind, event.pattern)

    def on_prompt_done(self, event: Prompt.Done) -> None:
        """Take it, or go back to what was before."""
        event.stop()
        prompt = self.prompt
        if prompt is None:
            return
        if event.text is None:
            if event.kind in PATTERNS:
                self._use(event.kind, self._before)
        elif event.kind == "since":
            try:
                since = since_of(event.text, self._clock())
            except ValueError as error:
                prompt.reject(str(error))
                return
            self.narrow(replace(self.scope, since=since, asked=event.text))
        elif event.kind == "save":
            self._save(event.text)
        self.prompt = None
        prompt.remove()
        self.view.focus()

    def find(self, step: int) -> None:
        """The next line that has what is looked for."""
        if self.view.look.search is None:
            self.ask("search")
            return
        self._place = self.view.find(step)
        self._tell()

    def forget(self) -> bool:
        """Look for nothing any more: first not for words, then not through a filter; whether there was."""
        if self.view.look.search is not None:
            self._use("search", None)
            return True
        if self.view.window.sieve:
            self.view.sift(Sieve())
            return True
        return False

    def copy(self, is_everything: bool) -> None:
        """What the mouse has marked, else the lines on the screen, or all that are shown."""
        marked = self.screen.get_selected_text()
        if marked and not is_everything:
            self.post_message(self.Copied(marked))
            self.post_message(self.Told("done", "copied what is marked"))
            return
        lines = self.view.window.lines() if is_everything else self.view.visible_lines()
        texts = clipped([log_text(line) for line in lines])
        if not texts:
            self.post_message(self.Told("warning", "there is no line to copy"))
            return
        self.post_message(self.Copied("\n".join(texts) + "\n"))
        told = f"copied {count(len(texts), 'line')}"
        if len(texts) < len(lines):
            told += f" of {len(lines):,}: a terminal takes no more at once"
        self.post_message(self.Told("done", told))

    def _save(self, name: str) -> None:
        lines = self.view.window.lines()
        # A thread: the file may be on a network that hangs.
        # It tells the app: a widget can't be found from a thread before it is in its place.
        work = partial(_write, Path(name).expanduser(), lines, self.app.post_message)
        threading.Thread(target=work, name="bgd save", daemon=True).start()


def _write(path: Path, lines: list[Line], tell: Callable[[Message], object]) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(f"{log_text(line)}\n" for line in lines)
    except OSError as error:
        tell(LogPane.Told("error", f"not saved to {path}: {error.strerror or error}"))
    else:
        tell(LogPane.Told("done", f"saved {count(len(lines), 'line')} to {path}"))
