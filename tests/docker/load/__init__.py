"""Load as real clients make it, every failure kept with its cause, and every answer with who gave it.

    load = Load("127.0.0.1:8080")
    async with load:
        async with load.moves.to("green"):
            await traffic.switch("shop", Color.GREEN)
        await load.more_answers(200)
    assert not load.report.failures, load.report
    assert not load.report.stale(load.moves), load.report

The server is one that answers as the demo shop does: JSON with its `version`. See `kinds` for the paths.
"""

from tests.docker.load.attempt import Attempt, Report
from tests.docker.load.kinds import ALL, Kind
from tests.docker.load.load import Load
from tests.docker.load.moves import Moves

__all__ = ["ALL", "Attempt", "Kind", "Load", "Moves", "Report"]
