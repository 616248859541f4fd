"""The log's title: what is shown, and whether it follows."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from tui.feed import Scope
from tui.sieve import Pattern, Sieve
from tui.view.line import fit, hue, joined, line
from tui.words import count

EVERYTHING = Scope()
NO_SIEVE = Sieve()


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What the log says of itself; `place` is which of how many lines the search stands on."""

    is_following: bool = True
    unseen: int = 0
    dropped: int = 0
    trouble: str = ""
    scope: Scope = EVERYTHING
    sieve: Sieve = NO_SIEVE
    search: Pattern | None = None
    place: tuple[int, int] = (0, 0)
    shown: int = 0
    kept: int = 0
    is_folded: bool = False


def log_title(width: int, facts: LogFacts) -> Content:
    """One line: what is left out on the left, how the log moves on the right."""
    left = joined([Content.styled("logs", "bold"), *_wanted(facts)])
    right = joined(_state(facts, is_brief=False))
    if left.cell_length + right.cell_length + 3 > width:
        right = joined(_state(facts, is_brief=True))
    room = width - right.cell_length - 3
    if left.cell_length > room:
        left = fit(left, max(4, room))
    rule = max(1, width - right.cell_length - left.cell_length - 2)
    return fit(line(left, " ", ("─" * rule, "$faint"), " ", right), width)


def _wanted(facts: LogFacts) -> list[Content]:
    scope, parts = facts.scope, []
    if scope.service:
        parts.append(Content.styled(scope.service, "bold"))
    if scope.color:
        parts.append(Content.styled(scope.color, f"bold {hue(scope.color)}"))
    if scope.asked:
        parts.append(line(("since ", "$muted"), scope.asked))
    if facts.sieve.keep:
        parts.append(line(("only ", "$muted"), _quoted(facts.sieve.keep)))
    if facts.sieve.drop:
        parts.append(line(("without ", "$muted"), _quoted(facts.sieve.drop)))
    if facts.sieve:
        parts.append(Content.styled(f"{facts.shown:,} of {facts.kept:,}", "$muted"))
    if facts.search:
        which, total = facts.place
        told = f" {which} of {total}" if which else " none" if not total else f" {total}"
        parts.append(line(_quoted(facts.search, "/"), (told, "$muted" if total else "$warn")))
    used = (facts.sieve.keep, facts.sieve.drop, facts.search)
    return [
        *parts,
        *(Content.styled(one.problem, "$warn") for one in used if one is not None and one.problem),
    ]


def _quoted(pattern: Pattern, mark: str = "") -> Content:
    words = (
        f"/{pattern.text}/" if pattern.is_regex else f"{mark}{pattern.text}" if mark else f"“{pattern.text}”"
    )
    return fit(Content.styled(words, "bold $key"), 24)


def _state(facts: LogFacts, is_brief: bool) -> list[Content]:
    parts = []
    if facts.trouble:
        parts.append(Content.styled(facts.trouble, "$warn"))
    if facts.dropped:
        parts.append(Content.styled(f"{count(facts.dropped, 'line')} dropped", "$warn"))
    if facts.is_folded and not is_brief:
        parts.append(Content.styled("wrapped", "$muted"))
    if facts.is_following:
        parts.append(Content.styled("following", "$muted"))
    else:
        new = "bold $warn" if facts.unseen else "bold"
        parts.append(
            Content.styled(f"paused · {facts.unseen:,} new" + ("" if is_brief else " · G follows"), new)
        )
    return parts
