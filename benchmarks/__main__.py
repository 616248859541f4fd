"""The benchmarks, all of them or some, and `RESULTS.md` of what they found.

    python -m benchmarks [--quick] [FIGURE …]

Each prints its figures as soon as it has them. RESULTS.md is written when all were run.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, results
from benchmarks.figure import Scale, Section
from benchmarks.stats import table

RESULTS = Path(__file__).with_name("RESULTS.md")
ALL = (
    "lost_requests",
    "first_answer",
    "through",
    "counting",
    "deployment",
    "commands",
    "many_apps",
    "log_lines",
)


def measured(name: str, scale: Scale) -> Section:
    """One benchmark, carried out and told."""
    print(f"\nbench    {name}", flush=True)
    begun = time.monotonic()
    section: Section = importlib.import_module(f"benchmarks.{name}").measure(scale)
    if section.rows:
        print(table(section.rows))
    for figure in section.figures:
        mark = {True: "✓", False: "✗", None: "–"}[figure.is_reached]
        print(f"{mark} {figure.name}: {figure.ours}   aim {figure.aim}   beside it {figure.yardstick}")
    print(f"         {time.monotonic() - begun:.0f} s", flush=True)
    return section


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0 whatever the figures are."""
    parser = argparse.ArgumentParser(
        prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", metavar="FIGURE", nargs="*", help=", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: three minutes")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.figures if name not in ALL]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(ALL)}")
    # Whoever ends it gets everything taken away all the same: the exit unwinds what is open.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    busy = machine.load()
    described = [*machine.described(), f"load of the machine before: {busy:.1f}"]
    print("\n".join(f"bench    {line}" for line in described), flush=True)
    sections = [measured(name, Scale(options.quick)) for name in options.figures or ALL]
    if not options.figures:
        RESULTS.write_text(results.document(sections, described, is_quick=options.quick))
        print(f"\nbench    benchmarks/{RESULTS.name} is written")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # by now everything is taken away
        sys.exit(130)
