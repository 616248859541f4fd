"""Differences: of two environments as they run, of what runs and what was meant, and of two models. Pure.

    facts      what is so about one service, in words that don't depend on the colour
    sheet      how each of them is written down
    meant      the facts that a rendered project amounts to
    survey     one colour as it runs, beside what its release says
    compared   blue against green: what differs, whether the releases explain it, and what has drifted
    changes    two Compose models, in the words of the file

The question is always the same: is that fact equal on both sides? So whatever runs a colour only has to put
what it sees into facts; everything else is decided here.
"""

from bgd.domain.difference.changes import Change, changes
from bgd.domain.difference.compared import Compared, Difference, Drift, Side, compared
from bgd.domain.difference.facts import Fact, Facts
from bgd.domain.difference.meant import Meant, meant_by
from bgd.domain.difference.names import Names
from bgd.domain.difference.sheet import Sheet
from bgd.domain.difference.survey import Running, Survey

__all__ = [
    "Change",
    "Compared",
    "Difference",
    "Drift",
    "Fact",
    "Facts",
    "Meant",
    "Names",
    "Running",
    "Sheet",
    "Side",
    "Survey",
    "changes",
    "compared",
    "meant_by",
]
