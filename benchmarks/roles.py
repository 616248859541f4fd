"""How well roles, the front and its port are inferred: precision and recall over labelled apps.

    python -m benchmarks.roles [--corpus DIR] [--misses]

Every directory of the corpus has Compose files and a META.json: which files, which service takes the
requests on which port, which keep data, which are workers, and so on. Files are read as `bgctl check`
reads them; nothing is started. An engine that answers is asked for the ports of the images that it has.

- stateful: `shared` against the label, over all services
- front: right, asked, or wrong. Asking is right where the label has no front
- port: of the fronts that are right
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bgd.adapters import compose_file
from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.compose_file import AskHost
from bgd.adapters.host_survey import usual_survey
from bgd.domain.plan import Plan
from bgd.domain.settings import Role
from bgd.errors import InvalidInput

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
AT_ONCE = 4
EXPECTED = {
    "workers": Role.LIVE_ONLY,
    "cron_singletons": Role.LIVE_ONLY,
    "oneshot": Role.TASK,
    "own_proxy": Role.IGNORED,
}


@dataclass
class Score:
    """What was counted, and a line for each miss."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def add(self, app: str, meta: Mapping[str, Any], plan: Plan) -> None:
        """Count one app."""
        self._roles(app, meta, plan)
        self._front(app, meta, plan)

    def _roles(self, app: str, meta: Mapping[str, Any], plan: Plan) -> None:
        for name, given in plan.roles.items():
            is_stateful, is_shared = name in meta["stateful"], given.role is Role.SHARED
            self.counts[f"stateful {is_stateful} {is_shared}"] += 1
            if is_stateful != is_shared:
                self.misses.append(f"{app}: {name} is {given.role}, {given.reason}")
            for label, role in EXPECTED.items():
                if name in meta[label]:
                    self.counts[f"{label} {given.role is role}"] += 1

    def _front(self, app: str, meta: Mapping[str, Any], plan: Plan) -> None:
        wanted = {front["service"]: front["port"] for front in meta["front"]}
        asked = {question.key: question for question in plan.questions}
        if not wanted:
            self._count(
                "front", app, "asked rightly" if asked else "wrong", f"{plan.route}, and there is none"
            )
        elif "route.service" in asked:
            self._count("front", app, "asked", asked["route.service"].message)
        elif "route.port" in asked:
            is_right = any(f" {service} " in asked["route.port"].message for service in wanted)
            self._count("front", app, "right" if is_right else "asked", asked["route.port"].message)
            if is_right:
                self._count("port", app, "asked", asked["route.port"].message)
        elif plan.route and plan.route.service in wanted:
            self._count("front", app, "right", "")
            is_right = plan.route.port == wanted[plan.route.service]
            self._count("port", app, "right" if is_right else "wrong", str(plan.route))
        else:
            self._count("front", app, "wrong", f"{plan.route}, expected {wanted}")

    def _count(self, what: str, app: str, verdict: str, detail: str) -> None:
        self.counts[f"{what} {verdict}"] += 1
        if verdict in ("asked", "wrong"):
            self.misses.append(f"{app}: {what} {verdict}: {detail}")

    def lines(self) -> list[str]:
        """The table."""
        n = self.counts
        found, extra, missed = (
            n["stateful True True"],
            n["stateful False True"],
            n["stateful True False"],
        )
        lines = [
            f"stateful  precision {share(found, found + extra)}  recall {share(found, found + missed)}"
            f"  ({found} right, {extra} too many, {missed} missed)"
        ]
        for label in EXPECTED:
            right, wrong = n[f"{label} True"], n[f"{label} False"]
            lines.append(f"{label:<16}  recall {share(right, right + wrong)}  ({right} of {right + wrong})")
        for what in ("front", "port"):
            verdicts = ("right", "asked rightly", "asked", "wrong")
            all_of = sum(n[f"{what} {verdict}"] for verdict in verdicts)
            right = n[f"{what} right"] + n[f"{what} asked rightly"]
            lines.append(
                f"{what:<6} right {share(right, all_of)}  asked {share(n[f'{what} asked'], all_of)}"
                f"  wrong without asking {share(n[f'{what} wrong'], all_of)}  (of {all_of})"
            )
        return lines


def share(part: int, whole: int) -> str:
    """A ratio with three decimals."""
    return f"{part / whole:.3f}" if whole else "  –  "


async def measure(corpus: Path) -> tuple[Score, list[str]]:
    """Read and plan every app of the corpus; the score, and a line for each that was refused."""
    cli = await ComposeCli.find()
    gate = asyncio.Semaphore(AT_ONCE)
    score, refused = Score(), []

    async def one(directory: Path, ask: AskHost | None) -> None:
        meta = json.loads((directory / "META.json").read_text())
        first, *more = [directory / name for name in meta["files"]]
        async with gate:
            try:
                reading = await compose_file.read(
                    cli, first, more=more, profiles=meta["profiles"], ask_host=ask
                )
            except InvalidInput as error:
                refused.append(f"{directory.name}: {error.message}")
                return
        score.add(directory.name, meta, reading.plan)

    survey = usual_survey()
    async with asyncio.TaskGroup() as tasks:
        for meta in sorted(corpus.glob("*/META.json")):
            tasks.create_task(one(meta.parent, survey.ask if survey else None))
    return score, sorted(refused)


def main() -> int:
    """Print the table; exit code 1 without a corpus."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--misses", action="store_true", help="print a line for each miss")
    options = parser.parse_args()
    if not options.corpus.is_dir():
        sys.stderr.write(f"there is no corpus at {options.corpus}\n")
        return 1
    score, refused = asyncio.run(measure(options.corpus))
    if options.misses:
        print("\n".join(sorted(score.misses)))
    print("\n".join([*score.lines(), f"refused   {len(refused)}", *(f"  {line}" for line in refused)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
