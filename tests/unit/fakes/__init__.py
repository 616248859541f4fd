"""A whole world at the ports, in memory, so that the engine's own logic can be tried.

The real adapters have tests of their own on the real engine; here the question is what the engine does with
what they tell.
"""

from tests.unit.fakes.bench import Bench
from tests.unit.fakes.fuse import Fuse, Killed
from tests.unit.fakes.plans import ALONE, plan

__all__ = ["ALONE", "Bench", "Fuse", "Killed", "plan"]
