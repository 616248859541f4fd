"""What was deployed and switched: the list, the timeline of each, what differs, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from bgd.wire import EventJson
from tui.archive import Archive, Compared, Loaded, Past
from tui.keymap import PREFIXES
from tui.model import App
from tui.panes.vim import CHOOSING, SCROLLING
from tui.port import Daemon
from tui.view.history import past_row, past_title, timeline_content
from tui.view.line import as_many, line
from tui.view.spans import contents_of

WIDE_FROM = 110
LIST = 56
"""Width of the list where it stands beside the timeline."""
HINTS = (
    ("esc", "back"),
    ("r", "roll back"),
    ("=", "compare"),
    ("space", "mark"),
    ("enter", "timeline"),
    ("b", "blue ↔ green"),
)
CHANGING = frozenset({"started", "finished", "receipt"})
"""Events after which the past is another one."""
assert not {key for key, _ in HINTS} & set(PREFIXES)


class PastList(OptionList):
    """Arrow keys and `j` `k` move; what is under the cursor is told beside it."""

    BINDINGS: ClassVar[list[BindingType]] = CHOOSING


class Told(VerticalScroll):
    """The timeline, or a comparison."""

    BINDINGS: ClassVar[list[BindingType]] = SCROLLING


class HistoryScreen(Screen[None]):
    """Reads the past when it opens, and again when there is more; posts `RollBack`, does nothing itself."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,H", "leave", show=False),
        Binding("space", "mark", show=False),
        Binding("equals_sign", "compare", show=False),
        Binding("b", "compare_colors", show=False),
        Binding("r", "roll_back", show=False),
    ]

    class RollBack(Message):
        """The operator wants this release back; `refuse` is told why that can't be."""

        def __init__(self, release: str, refuse: Callable[[str], object]) -> None:
            super().__init__()
            self.release, self.refuse = release, refuse

    class Arrived(Message):
        """The daemon has answered."""

        def __init__(self, news: Loaded | Compared) -> None:
            super().__init__()
            self.news = news

    def __init__(self, daemon: Daemon, app: App, clock: Callable[[], datetime], is_read_only: bool) -> None:
        super().__init__()
        self._about = app
        self._clock = clock
        self._is_read_only = is_read_only
        self._archive = Archive(daemon, app.name, lambda news: self.post_message(self.Arrived(news)))
        self._pasts: tuple[Past, ...] = ()
        self._is_reading, self._is_outdated = False, False
        self._marked: str | None = None  # a release, to compare with
        self._compared: Compared | None = None

    def compose(self) -> ComposeResult:
        """Title, list and what is told, keys."""
        yield Static(line((self._about.name, "bold"), ("   history", "$muted")), id="headline")
        with Horizontal(id="history"):
            yield PastList(id="pasts")
            with Told(id="told"):
                yield Static("", id="timeline")
        yield Static(self._hints, id="historykeys")

    @property
    def _hints(self) -> Content:
        hints = [hint for hint in HINTS if not (self._is_read_only and hint[0] == "r")]
        parts = [line((key, "bold $key"), " ", told) for key, told in hints]
        return as_many(parts, max(20, self.app.size.width - 2), "   ")

    def on_mount(self) -> None:
        """Ask for it."""
        self.query_one(PastList).focus()
        self.query_one("#timeline", Static).update(Content.styled("reading the journal …", "$muted"))
        self._read()

    def hear(self, event: EventJson) -> None:
        """An event of the journal has come: what is shown may be out of date."""
        if event.get("app") == self._about.name and event["event"] in CHANGING:
            self._is_outdated = True
            if not self._is_reading:
                self._read()

    def _read(self) -> None:
        self._is_reading, self._is_outdated = True, False
        self._archive.load()

    def on_history_screen_arrived(self, event: Arrived) -> None:
        """Show it."""
        if isinstance(event.news, Compared):
            self._compared = event.news
            self._tell()
            return
        self._is_reading = False
        past = self._past
        self._pasts = event.news.pasts
        self._list(past.deployment.id if past is not None else None)
        if event.news.trouble:
            self.query_one("#timeline", Static).update(Content.styled(f"✗ {event.news.trouble}", "$bad"))
        elif not self._pasts:
            self.query_one("#timeline", Static).update(Content.styled("no deployment yet", "$muted"))
        if self._is_outdated:
            self._read()

    def on_resize(self) -> None:
        """Lines are cut and wrapped for the width there is."""
        self.query_one("#historykeys", Static).update(self._hints)
        self.call_after_refresh(self._list)

    @property
    def _past(self) -> Past | None:
        index = self.query_one(PastList).highlighted
        return self._pasts[index] if index is not None and index < len(self._pasts) else None

    def _list(self, chosen: int | None = None) -> None:
        """Show the rows anew; the cursor stays where it is, or on a `chosen` deployment."""
        rows, now = self.query_one(PastList), self._clock()
        places = (at for at, past in enumerate(self._pasts) if past.deployment.id == chosen)
        index, width = next(places, rows.highlighted or 0), rows.scrollable_content_region.width
        entries = [
            Option(past_row(past, width, past.deployment.release == self._marked, now))
            for past in self._pasts
        ]
        with self.prevent(OptionList.OptionHighlighted):
            rows.clear_options()
            rows.add_options(entries)
            if entries:
                rows.highlighted = min(index, len(entries) - 1)
        if self._pasts:
            self._tell()

    def _tell(self) -> None:
        pane, text = self.query_one(Told), self.query_one("#timeline", Static)
        past, compared = self._past, self._compared
        if compared is not None:
            pane.border_title = Content(compared.title)
            trouble = Content.styled(f"✗ {compared.trouble}", "$bad")
            text.update(trouble if compared.trouble else contents_of(compared.lines))
        elif past is not None:
            pane.border_title = Content(past_title(past))
            text.update(timeline_content(past, self._columns, self._clock()))

    @property
    def _columns(self) -> int:
        return max(20, self.query_one(Told).scrollable_content_region.width)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another one."""
        event.stop()
        self.query_one("#historykeys", Static).update(self._hints)
        self._compared = None
        self._tell()
        self.query_one(Told).scroll_home(animate=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Read it."""
        event.stop()
        self._compared = None
        self._tell()
        self.query_one(Told).focus()

    def action_leave(self) -> None:
        """Back from the timeline to the list, from the list to the app."""
        rows = self.query_one(PastList)
        if self._compared is not None:
            self._compared = None
            self._tell()
        elif self.focused is not rows:
            rows.focus()
        else:
            self.dismiss(None)

    def action_mark(self) -> None:
        """Compare with this one."""
        if (past := self._past) is not None:
            release = past.deployment.release
            self._marked = None if self._marked == release else release
            self._list()

    def action_compare(self) -> None:
        """The marked release, else the live one, against the one under the cursor."""
        past, live = self._past, self._about.live_slot
        if past is None:
            return
        release, with_ = past.deployment.release, self._marked or (live.release if live else None)
        if with_ is None or with_ == release:
            older = [p.deployment.release for p in self._pasts if p.deployment.id < past.deployment.id]
            with_ = next((one for one in older if one != release), None)
        if with_ is None:
            self._compared = Compared(release, trouble="there is no other release to compare it with")
            self._tell()
            return
        first, second = sorted((with_, release), key=lambda name: int(name[1:] or 0))
        self._archive.compare(first, second, self._columns)

    def action_compare_colors(self) -> None:
        """Blue against green as they run."""
        self._archive.compare_colors(self._columns)

    def action_roll_back(self) -> None:
        """To the release under the cursor."""
        if (past := self._past) is not None and not self._is_read_only:
            self.post_message(self.RollBack(past.deployment.release, self._refuse))

    def _refuse(self, why: str) -> None:
        self.query_one("#historykeys", Static).update(Content.styled(f"▲ {why}", "$warn"))
