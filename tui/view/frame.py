"""The lines around the app: headline, banner, shared services, notice, the log's title."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.model import App, Notice, State
from tui.view.line import fit, hue, joined, line, spread, stacked
from tui.words import color_name, lasting, seconds_since

NOTICE_GLYPHS = {"info": "·", "done": "✓", "warning": "▲", "error": "✗"}
NOTICE_STYLES = {"info": "$muted", "done": "", "warning": "$warn", "error": "bold $bad"}
MAX_NOTICE_LINES = 4


def headline(state: State, width: int, shows_list: bool) -> Content:
    """The app, which colour is live, and where it is reached."""
    app = state.app
    if app is None:
        return fit(line(("bgd", "bold")), width)
    place = ""
    if len(state.apps) > 1 and not shows_list:
        position = [a.name for a in state.apps].index(app.name) + 1
        place = f" {position}/{len(state.apps)}"
    left = line((app.name, "bold"), (place, "$muted"), "   ", _live(app))
    wide = joined([Content.styled(part, "$muted") for part in (app.route, app.public_url) if part], "   ")
    narrow = Content.styled(app.route, "$muted")
    right = wide if left.cell_length + wide.cell_length + 2 <= width else narrow
    return spread(left, right, width)


def _live(app: App) -> Content:
    slot = app.live_slot
    if slot is None:
        return Content.styled("· nothing is live", "$warn")
    return line(
        (f"● {color_name(slot.color)} is live", f"bold {hue(slot.color)}"),
        (f"  {slot.release}" if slot.release else "", "bold"),
        ("  ▲ in maintenance" if app.in_maintenance else "", "$warn"),
    )


def banner(state: State, width: int, now: datetime) -> Content:
    """Why nothing here can be trusted, and for how long."""
    away = lasting(seconds_since(state.link.since, now))
    if state.read_at is None:
        told = f"▲ no daemon for {away}: {state.link.reason}"
    else:
        told = f"▲ daemon away for {away}: all this is stale, the traffic goes on. {state.link.reason}"
    return fit(Content(told), width)


def waiting(state: State, socket_path: str) -> Content:
    """In place of an app while there is none."""
    if state.read_at is None and state.link.since is None:
        return Content.styled(f"asking the daemon at {socket_path} …", "$muted")
    if state.read_at is None:
        hint = state.link.hint or "start `bgd`"
        return stacked(
            [
                Content.styled("no daemon answers", "bold"),
                Content(""),
                Content(state.link.reason),
                Content.styled(hint, "$muted"),
                Content(""),
                Content.styled("this screen comes to life as soon as it does", "$muted"),
            ]
        )
    return stacked(
        [
            Content.styled("no app yet", "bold"),
            Content(""),
            line(("bgctl add ", "bold"), "compose.yaml"),
            Content.styled("takes one in; it appears here at once", "$muted"),
        ]
    )


def beside(app: App, width: int) -> Content:
    """Shared services on one line, and a line for each problem."""
    lines = []
    if app.shared:
        services = []
        for container in app.shared:
            told = container.status if container.health in ("none", "") else container.health
            style = "$bad" if container.is_in_trouble else "$muted"
            glyph = "✗" if container.is_in_trouble else "•"
            services.append(line((f"{glyph} ", style), container.service, (f" {told}", style)))
        lines.append(fit(line(("shared  ", "$muted"), joined(services, "   ")), width))
    lines += [fit(line(("▲ ", "$warn"), (problem, "$warn")), width) for problem in app.problems]
    return stacked(lines)


def notice_content(notice: Notice, width: int) -> Content:
    """A message and what to do about it; as many lines as it needs, within reason."""
    style = NOTICE_STYLES[notice.level]
    told = line((f"{NOTICE_GLYPHS[notice.level]} {notice.text}", style))
    if notice.hint:
        told = line(told, (f"  {notice.hint}", "$muted"))
    lines = told.wrap(width)
    return stacked([fit(one, width) for one in lines[:MAX_NOTICE_LINES]])
