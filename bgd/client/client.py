"""The daemon's verbs as methods. Shapes are those of `bgd.wire`; errors are those of `bgd.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from bgd.client.connection import ANSWER_TIMEOUT_S, call, default_socket
from bgd.client.http1 import query, quoted
from bgd.client.stream import Stream

if TYPE_CHECKING:  # making the types takes longer than a request does
    from collections.abc import Sequence

    from bgd.wire import (
        AppJson,
        AppsJson,
        DeploymentJson,
        DiffJson,
        ReleaseDiffJson,
        SwitchJson,
        TrafficDocument,
    )

LONG_S = 3600.0
"""For requests that end when the work ends: a switch, a smoke run, a removal, Compose reading a file."""


def _stated(**lists: Sequence[str] | None) -> dict[str, list[str]]:
    """Those that are given: a daemon of an earlier version knows no such key."""
    return {key: list(given) for key, given in lists.items() if given is not None}


class Client:
    """Talks to one daemon; a connection for each request, so it may be shared by threads."""

    def __init__(self, socket_path: str | None = None) -> None:
        self.socket_path = socket_path or default_socket()

    def _call(
        self, method: str, target: str, body: object = None, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> Any:
        return call(self.socket_path, method, f"/v1{target}", body, timeout_s)

    def daemon(self) -> dict[str, Any]:
        """The daemon itself: version, pid, instance, engine, compose, proxy, addresses."""
        return cast("dict[str, Any]", self._call("GET", "/daemon"))

    def apps(self) -> AppsJson:
        """All apps."""
        return cast("AppsJson", self._call("GET", "/apps"))

    def app(self, app: str) -> AppJson:
        """One app."""
        return cast("AppJson", self._call("GET", f"/apps/{quoted(app)}"))

    def add(
        self,
        file: str,
        name: str | None = None,
        *,
        more: Sequence[str] = (),
        profiles: Sequence[str] = (),
        adopt: bool = False,
    ) -> dict[str, Any]:
        """Take an app in. Paths must be absolute. The answer is the `check` document and the app.

        With `adopt` also `deployment`, to follow, and `adoption`: its plan, or null where plain Compose has
        nothing of the app.
        """
        stated = _stated(more=more or None, profiles=profiles or None)
        body = {"file": file, "name": name, **stated, **({"adopt": True} if adopt else {})}
        return cast("dict[str, Any]", self._call("POST", "/apps", body, LONG_S))

    def remove(self, app: str, volumes: bool = False) -> dict[str, Any]:
        """Take an app out and remove what belongs to it."""
        return cast(
            "dict[str, Any]",
            self._call("DELETE", f"{_at(app)}{query({'volumes': volumes})}", timeout_s=LONG_S),
        )

    def deploy(
        self,
        app: str,
        *,
        no_switch: bool = False,
        with_shared: bool = False,
        file: str | None = None,
        more: Sequence[str] = (),
        profiles: Sequence[str] | None = None,
        reason: str = "",
        at: str | None = None,
    ) -> DeploymentJson:
        """Begin a deployment. Follow it with `events(app=…, since=…)`, from the answer's `event`.

        `file` with `more`, and `profiles`, stand for this once in place of the app's own. It switches not
        before `at`, RFC 3339 with a zone.
        """
        body = {
            "no_switch": no_switch,
            "with_shared": with_shared,
            "file": file,
            "reason": reason,
            **_stated(more=more or None, profiles=profiles),
            **({} if at is None else {"at": at}),
        }
        return cast("DeploymentJson", self._call("POST", f"{_at(app)}/deployments", body, LONG_S))

    def deployment(self, app: str, number: int) -> DeploymentJson:
        """One deployment, running or past."""
        return cast("DeploymentJson", self._call("GET", f"{_at(app)}/deployments/{number}"))

    def promote(self, app: str, now: bool = False) -> DeploymentJson:
        """Let a deployment that waits for approval switch, once its time has come or `now`."""
        return cast("DeploymentJson", self._call("POST", f"{_at(app)}/promote", {"now": now}))

    def cancel(self, app: str) -> DeploymentJson:
        """Stop a deployment in progress; the answer comes when it is cleaned up."""
        return cast("DeploymentJson", self._call("POST", f"{_at(app)}/cancel", timeout_s=LONG_S))

    def switch(self, app: str, to: str | None = None, force: bool = False) -> SwitchJson:
        """Move the traffic to the other colour, now."""
        return cast(
            "SwitchJson", self._call("POST", f"{_at(app)}/switch", {"to": to, "force": force}, LONG_S)
        )

    def rollback(self, app: str, to: str | None = None, force: bool = False) -> SwitchJson | DeploymentJson:
        """Back to a release: a `SwitchJson` where it was warm, else the `DeploymentJson` to follow."""
        body: dict[str, object] = {"to": to, "force": True} if force else {"to": to}
        return cast("SwitchJson | DeploymentJson", self._call("POST", f"{_at(app)}/rollback", body, LONG_S))

    def history(self, app: str) -> dict[str, list[DeploymentJson]]:
        """Past deployments under `deployments`, newest first."""
        return cast("dict[str, list[DeploymentJson]]", self._call("GET", f"{_at(app)}/deployments"))

    def release(self, app: str, release: str) -> dict[str, Any]:
        """One release: its model with values masked, images, when, who, why, and its deployments."""
        return cast("dict[str, Any]", self._call("GET", f"{_at(app)}/releases/{quoted(release)}"))

    def traffic(self, app: str) -> TrafficDocument:
        """The app's public traffic: the last seconds, and the last minute second by second."""
        return cast("TrafficDocument", self._call("GET", f"{_at(app)}/traffic"))

    def diff(self, app: str) -> DiffJson:
        """Blue against green as they run, against their releases, and the file against the newest one."""
        return cast("DiffJson", self._call("GET", f"{_at(app)}/diff", timeout_s=LONG_S))

    def diff_releases(self, app: str, release: str, other: str) -> ReleaseDiffJson:
        """What one release's model and images have otherwise than another's."""
        target = f"{_at(app)}/releases/{quoted(release)}/diff/{quoted(other)}"
        return cast("ReleaseDiffJson", self._call("GET", target))

    def smoke(self, app: str, color: str | None = None) -> dict[str, Any]:
        """Run the smoke checks: `{"app", "color", "passed", "checks": [SmokeJson]}`."""
        return cast("dict[str, Any]", self._call("POST", f"{_at(app)}/smoke", {"color": color}, LONG_S))

    def stop(self, app: str, color: str) -> AppJson:
        """Stop the idle colour."""
        return cast("AppJson", self._call("POST", f"{_at(app)}/stop", {"color": color}, LONG_S))

    def maintain(self, app: str, *, on: bool) -> AppJson:
        """Answer 503 with a page instead of the app, or end that."""
        return cast("AppJson", self._call("POST", f"{_at(app)}/maintenance", {"on": on}))

    def events(self, *, app: str | None = None, since: int | None = None, follow: bool = True) -> Stream:
        """The journal as a stream of `EventJson`, after `since` or from now on; ends unless `follow`."""
        return Stream(
            self.socket_path,
            "/v1/events" + query({"app": app, "since": since, "follow": "true" if follow else "false"}),
        )

    def logs(
        self,
        app: str,
        *,
        color: str | None = None,
        service: str | None = None,
        follow: bool = False,
        tail: int | None = None,
        since: str | None = None,
    ) -> Stream:
        """Lines of the app's containers as a stream of `LogLineJson`, merged by time."""
        wanted = {"color": color, "service": service, "follow": follow, "tail": tail, "since": since}
        return Stream(self.socket_path, f"/v1{_at(app)}/logs" + query(wanted))


def _at(app: str) -> str:
    return f"/apps/{quoted(app)}"
