"""Where the Docker engine is: found as the `docker` command finds it, so that Compose uses the same one."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from docker.context import ContextAPI
from docker.tls import TLSConfig

from bgd.errors import BgError, InvalidInput, Unreachable

DEFAULT = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """The engine's URL (`unix:///…` or `tcp://host:port`), and the directory of its certificates for TLS."""

    url: str
    certificates: Path | None = None
    verify: bool = True

    @classmethod
    def of(cls, environment: Mapping[str, str] | None = None) -> EngineAddress:
        """From `DOCKER_HOST`, else `DOCKER_CONTEXT` or the current context, else the usual socket.

        Raises `InvalidInput` for an address that bgd can't use: it follows events and logs itself, and so
        needs a socket or TCP.
        """
        env = os.environ if environment is None else environment
        if not env.get("DOCKER_HOST"):
            return cls._of_context(env.get("DOCKER_CONTEXT"))
        if env.get("DOCKER_TLS_VERIFY", "") == "":
            return cls(env["DOCKER_HOST"])._checked()
        certificates = env.get("DOCKER_CERT_PATH") or str(Path.home() / ".docker")
        return cls(env["DOCKER_HOST"], Path(certificates))._checked()

    @classmethod
    def _of_context(cls, name: str | None) -> EngineAddress:
        try:
            context = ContextAPI.get_context(name)
        except Exception as error:  # noqa: BLE001 - docker-py raises bare `Exception` for a broken context
            raise InvalidInput(
                f"the Docker context {name or 'in use'} can't be read: {error}", "see `docker context ls`"
            ) from None
        if context is None:
            raise InvalidInput(f"there is no Docker context {name}", "see `docker context ls`")
        endpoint = context.endpoints.get("docker", {})
        tls = context.TLSConfig
        certificates = Path(tls.ca_cert).parent if tls is not None and tls.ca_cert else None
        return cls(
            str(endpoint.get("Host") or DEFAULT), certificates, not endpoint.get("SkipTLSVerify")
        )._checked()

    def _checked(self) -> EngineAddress:
        scheme = urlsplit(self.url).scheme
        if scheme not in {"unix", "tcp", "http", "https"}:
            raise InvalidInput(
                f"the engine's address {self.url} is of a kind that bgd can't use",
                "use unix://… or tcp://…; for ssh forward the socket: ssh -L /run/far.sock:/run/docker.sock",
            )
        return self

    @property
    def is_local(self) -> bool:
        """Whether the engine is behind a socket on this machine."""
        return self.url.startswith("unix://")

    @property
    def socket(self) -> str | None:
        """The path of the Unix socket, where it is one."""
        return urlsplit(self.url).path if self.is_local else None

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where to connect over TCP. Docker's ports are 2375, with TLS 2376."""
        parts = urlsplit(self.url)
        return parts.hostname or "localhost", parts.port or (2376 if self.is_tls else 2375)

    @property
    def is_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.certificates is not None or self.url.startswith("https://")

    def sdk_tls(self) -> TLSConfig | None:
        """The certificates as the `docker` SDK wants them."""
        if self.certificates is None:
            return None
        where = self.certificates
        return TLSConfig(
            client_cert=(str(where / "cert.pem"), str(where / "key.pem")),
            ca_cert=str(where / "ca.pem"),
            verify=self.verify,
        )

    def ssl_context(self) -> ssl.SSLContext | None:
        """The certificates as asyncio wants them."""
        if not self.is_tls:
            return None
        context = ssl.create_default_context()
        if self.certificates is not None:
            context.load_verify_locations(self.certificates / "ca.pem")
            context.load_cert_chain(self.certificates / "cert.pem", self.certificates / "key.pem")
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def slow(address: EngineAddress, timeout_s: float) -> Unreachable:
    """What to tell when the engine takes a request and doesn't answer it in time."""
    return Unreachable(
        f"the Docker engine at {address.url} didn't answer within {timeout_s:g} s",
        "is it overloaded? `docker events` shows what it does",
    )


def away(address: EngineAddress, error: BaseException) -> BgError:
    """What to tell when the engine can't be reached."""
    words = str(error)
    if isinstance(error, PermissionError) or "Permission denied" in words:
        return Unreachable(
            f"no permission to use the Docker engine at {address.url}",
            "run bgd as root or as a member of the group `docker`",
        )
    if isinstance(error, ssl.SSLError) or "SSL" in words or "certificate" in words:
        return Unreachable(
            f"the Docker engine at {address.url} doesn't speak TLS as it should: {words}",
            "its certificates are those in DOCKER_CERT_PATH, or of the chosen docker context",
        )
    return Unreachable(
        f"the Docker engine at {address.url} doesn't answer",
        "is it running? `docker info` shows; another engine is chosen with DOCKER_HOST",
    )
