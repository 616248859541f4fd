"""The connection to the Docker engine, found as Docker's own tools find it."""

import os

import docker
from docker.errors import DockerException
from docker.utils import kwargs_from_env

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"


def engine_address() -> str:
    """The engine's address: `DOCKER_HOST` where it is set, else the local socket."""
    return os.environ.get("DOCKER_HOST") or DEFAULT_ADDRESS


def connect(timeout_s: float = 120) -> docker.DockerClient:
    """A client for the engine; each call on it may take `timeout_s` seconds.

    Raises `DockerException` where no engine answers: the constructor asks for its version.
    `docker.from_env()` is not it, for that also follows the context of the `docker` command,
    which neither bgd nor a bare `dockerd` knows of.
    """
    settings = kwargs_from_env()
    settings.setdefault("base_url", DEFAULT_ADDRESS)
    return docker.DockerClient(timeout=int(timeout_s), version="auto", **settings)


def engine_version(timeout_s: float = 5) -> str:
    """The version of the engine that answers, as in `20.10.24`; raises `DockerException` where none does."""
    client = connect(timeout_s)
    try:
        return str(client.version()["Version"])
    finally:
        client.close()


def unreachable_reason(error: DockerException) -> str:
    """The innermost cause of a failed connection, which is what a person can act on."""
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return str(cause) or type(cause).__name__
