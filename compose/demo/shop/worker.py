"""`python3 -m shop.worker`: takes jobs one after the other. SIGTERM lets it finish the one at hand."""

import asyncio
import signal

from shop.jobs import Jobs
from shop.redis import Redis, RedisError
from shop.settings import Settings, read_settings

LOOK_S = 1
"""How long redis holds a question for a job: also how late SIGTERM may be noticed."""
RETRY_S = 1.0


async def work(settings: Settings, jobs: Jobs, stopping: asyncio.Event) -> None:
    """Do jobs until told to stop. A job is never given up half done, and none is taken when stopping."""
    while not stopping.is_set():
        try:
            # Not cancelled by SIGTERM: a job that redis has just handed over would be lost.
            job = await jobs.take(LOOK_S)
            if job is None:
                continue
            await asyncio.sleep(settings.job_s)
            await jobs.finish(settings.version)
            print(
                f"job {job.id[:8]} of version {job.queued_by} done by version {settings.version}", flush=True
            )
        except RedisError as error:
            print(f"redis: {error}", flush=True)
            await _pause(stopping, RETRY_S)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def main() -> None:
    settings = read_settings()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    redis = Redis(settings.redis_host, settings.redis_port)
    print(f"worker of version {settings.version} waits for jobs", flush=True)
    await work(settings, Jobs(redis), stopping)
    redis.close()
    print("stopped", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
