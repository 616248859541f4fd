"""The jobs between web and worker: a list in redis, and counts of what was queued and done."""

import json
import uuid
from dataclasses import dataclass

from shop.redis import Redis

WAITING = "shop:jobs"
QUEUED = "shop:jobs:queued"
DONE = "shop:jobs:done"
"""A hash: how many jobs the worker of each version did."""

REPLY_MARGIN_S = 2.0


@dataclass(frozen=True)
class Job:
    id: str
    queued_by: str
    """The version of the web server that took it."""


class Jobs:
    """Every method raises `RedisError` where redis fails."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def queue(self, version: str) -> Job:
        job = Job(uuid.uuid4().hex, version)
        await self._redis.command("INCR", QUEUED)
        await self._redis.command("LPUSH", WAITING, json.dumps({"id": job.id, "queued_by": job.queued_by}))
        return job

    async def take(self, within_s: int) -> Job | None:
        """The oldest job; None where there was none for `within_s` seconds."""
        reply = await self._redis.command(
            "BRPOP", WAITING, str(within_s), timeout_s=within_s + REPLY_MARGIN_S
        )
        if not isinstance(reply, list):
            return None
        found = json.loads(str(reply[1]))
        return Job(found["id"], found["queued_by"])

    async def finish(self, version: str) -> None:
        """Count a job as done by the worker of this version."""
        await self._redis.command("HINCRBY", DONE, version, "1")

    async def counts(self) -> dict[str, object]:
        """`{"queued": 3, "done": 2, "done_by": {"1": 2}}`, since redis has its data."""
        queued = await self._redis.command("GET", QUEUED)
        reply = await self._redis.command("HGETALL", DONE)
        flat = reply if isinstance(reply, list) else []
        done_by = {str(name): int(str(count)) for name, count in zip(flat[::2], flat[1::2], strict=True)}
        return {"queued": int(str(queued or 0)), "done": sum(done_by.values()), "done_by": done_by}
