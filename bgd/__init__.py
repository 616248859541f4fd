"""bgd: blue-green deployments for Docker hosts."""

from importlib.metadata import version

__version__ = version("bgd")
