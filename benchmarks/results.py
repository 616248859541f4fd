"""`RESULTS.md`: every figure with its aim, then the tables behind them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figure import Section
from benchmarks.stats import table

HEAD = """\
# Results

Made by `make bench`{kind}; one benchmark alone: `make bench FIGURE=first_answer`.
Yardsticks were measured in the same run, in turn with bgd: on a machine that does other things too, ratios
mean more than milliseconds. A load above the number of cores means that everything waited for a core.

{machine}
"""


def figures(sections: Sequence[Section]) -> str:
    """All figures as one table, and why where an aim is missed."""
    rows = [["figure", "aim", "bgd", "beside it", "verdict"]]
    why = []
    for section in sections:
        for figure in section.figures:
            rows.append([figure.name, figure.aim, figure.ours, figure.yardstick, figure.verdict])

            if not figure.is_reached and figure.why:
                why.append(f"- **{figure.name}**: {figure.why}")
    return "\n".join([table(rows), *(["", "Why not:", "", *why] if why else [])])


def section_text(section: Section) -> str:
    """One benchmark's table and notes."""
    parts = [f"## {section.title}", *(f"{note}" for note in section.notes)]
    return "\n\n".join([*parts, *([table(section.rows)] if section.rows else [])])


def document(sections: Sequence[Section], machine: Sequence[str], *, is_quick: bool) -> str:
    """The whole file."""
    head = HEAD.format(
        kind=" in its quick form (`QUICK=1`)" if is_quick else "",
        machine="\n".join(f"- {line}" for line in machine),
    )
    return "\n".join([head, figures(sections), "", "\n\n".join(map(section_text, sections)), ""])
