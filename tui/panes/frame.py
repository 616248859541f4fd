"""The panes around and beside the two colours."""

from __future__ import annotations

from textual.content import Content

from tui.panes.pane import Pane
from tui.view import frame
from tui.view.change import change_content
from tui.view.keys import keys_content

TALL = 28
"""From this height on the stages of the last deployment stay on the screen."""


class Headline(Pane):
    """The app, which colour is live, where it is reached."""

    shows_list = False

    def draw(self, width: int) -> Content:
        """One line."""
        return frame.headline(self.state, width, self.shows_list)


class Banner(Pane):
    """The daemon is away."""

    def draw(self, width: int) -> Content:
        """One line."""
        return frame.banner(self.state, width, self.now)


class Beside(Pane):
    """Shared services and problems."""

    def draw(self, width: int) -> Content:
        """A line for all shared services, and one for each problem."""
        return frame.beside(self.state.app, width) if self.state.app else Content("")


class Change(Pane):
    """The deployment that runs, or the outcome of the last."""

    def draw(self, width: int) -> Content:
        """Heading, stages, progress."""
        app = self.state.app
        if app is None:
            return Content("")
        is_tall = self.app.size.height >= TALL
        return change_content(app, width, is_tall, self.state.card is not None, self.state.keys, self.now)


class Message(Pane):
    """The one notice above the keys."""

    def draw(self, width: int) -> Content:
        """What happened and what to do about it."""
        return frame.notice_content(self.state.notice, width) if self.state.notice else Content("")


class Keys(Pane):
    """The keys; a click on one is a press of it."""

    auto_links = False  # their looks say already what can be used

    def draw(self, width: int) -> Content:
        """One line."""
        return keys_content(self.state, width)


class Waiting(Pane):
    """In place of an app while there is none."""

    def __init__(self, socket_path: str) -> None:
        super().__init__(id="waiting")
        self._socket_path = socket_path

    def draw(self, width: int) -> Content:  # noqa: ARG002 - it wraps by itself
        """A few lines in the middle."""
        return frame.waiting(self.state, self._socket_path)
