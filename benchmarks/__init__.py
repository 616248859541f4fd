"""Figures of bgd, each beside a yardstick that was measured in the same run: `python -m benchmarks`."""
