"""What a container of the shop is told by its environment."""

import os
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    version: str
    host: str
    """The container's host name, which says nothing of blue or green."""
    is_broken: bool
    """Whether the checkout fails, as in a bad release."""
    redis_host: str
    redis_port: int
    port: int
    job_s: float
    """How long the worker works on a job."""


def read_settings() -> Settings:
    """The settings of this process; raises `ValueError` for a port or duration that is no number."""
    redis = urlsplit(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    return Settings(
        version=os.environ.get("VERSION", "0"),
        host=socket.gethostname(),
        is_broken=bool(os.environ.get("BROKEN")),
        redis_host=redis.hostname or "127.0.0.1",
        redis_port=redis.port or 6379,
        port=int(os.environ.get("PORT", "8000")),
        job_s=float(os.environ.get("JOB_SECONDS", "0.2")),
    )
