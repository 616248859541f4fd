"""What the UI needs of the daemon. `bgd.client.Client` is one; tests bring others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from bgd.wire import AppJson, AppsJson, DeploymentJson, DiffJson, ReleaseDiffJson, SwitchJson, TrafficDocument


class Feed(Protocol):
    """A stream of JSON objects; `close` from any thread ends the iteration."""

    def __iter__(self) -> Iterator[Any]: ...

    def close(self) -> None:
        """End it."""


class Daemon(Protocol):
    """The verbs that the UI uses. All of them block and raise `BgError`."""

    def apps(self) -> AppsJson:
        """All apps."""

    def app(self, app: str) -> AppJson:
        """One app, in detail."""

    def traffic(self, app: str) -> TrafficDocument:
        """The last minute of its traffic."""

    def events(self, *, app: str | None = None, since: int | None = None, follow: bool = True) -> Feed:
        """The journal from after `since`, or from now, without end unless told."""

    def history(self, app: str) -> dict[str, list[DeploymentJson]]:
        """Past deployments, newest first."""

    def diff(self, app: str) -> DiffJson:
        """Blue against green as they run."""

    def diff_releases(self, app: str, release: str, other: str) -> ReleaseDiffJson:
        """One release against another, as recorded."""

    def logs(
        self,
        app: str,
        *,
        color: str | None = None,
        service: str | None = None,
        follow: bool = False,
        tail: int | None = None,
        since: str | None = None,
    ) -> Feed:
        """Lines of the app's containers."""

    def deploy(self, app: str, *, no_switch: bool = False) -> DeploymentJson:
        """Begin a deployment."""

    def switch(self, app: str, to: str | None = None) -> SwitchJson:
        """Move the traffic."""

    def rollback(self, app: str, to: str | None = None) -> SwitchJson | DeploymentJson:
        """Back to a release, the previous one unless told."""

    def promote(self, app: str, now: bool = False) -> DeploymentJson:
        """Let a waiting deployment switch, once its time has come or `now`."""

    def cancel(self, app: str) -> DeploymentJson:
        """Stop a deployment."""

    def smoke(self, app: str, color: str | None = None) -> dict[str, Any]:
        """Run the smoke checks."""

    def stop(self, app: str, color: str) -> AppJson:
        """Stop the idle colour."""

    def maintain(self, app: str, *, on: bool) -> AppJson:
        """A page instead of the app, or the app again."""
