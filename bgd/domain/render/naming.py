"""The names of everything that bgd makes on the engine for one app, and its labels."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from bgd.domain.color import Color

INSTANCE = "bgd.instance"
APP = "bgd.app"
COLOR = "bgd.color"
RELEASE = "bgd.release"
ROLE = "bgd.role"
SERVICE = "bgd.service"  # on one-off commands: whose image and environment they have
DEFINITION = "bgd.definition"  # a hash of what a shared container or a network was made from
REFERENCE = "bgd.image"  # the image as the file names it: Compose is given the id alone

DEFAULT_INSTANCE = "bgd"
COMMAND = "command"
"""The role of a one-off container that runs a command; no service has it."""

_UNFIT = re.compile(r"[^a-z0-9._-]")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one app lives on the engine: the instance of bgd and the app's name give every other name."""

    instance: str
    app: str

    @property
    def prefix(self) -> str:
        """`shop`; of another instance than `bgd`, `INSTANCE-shop`."""
        return self.app if self.instance == DEFAULT_INSTANCE else f"{self.instance}-{self.app}"

    def project(self, color: Color | None) -> str:
        """The Compose project of a colour, or of the shared services."""
        return f"{self.prefix}-{color or 'shared'}"

    def network(self, color: Color | None, key: str) -> str:
        """`shop-blue_default`. A colour's names sort before the shared ones.

        A container's default gateway, and in a tie the address of a name, come from the network whose name
        sorts first: blue and green before shared, and all of them before the proxy's `zz-…`.
        """
        return f"{self.project(color)}_{key}"

    def volume(self, name: str) -> str:
        """The volume that plain Compose would call `name`: the same one, so that an app keeps its data.

        Another instance is another world on the same engine, with volumes of its own.
        """
        return name if self.instance == DEFAULT_INSTANCE else f"{self.instance}-{name}"

    def image(self, service: str, release: str) -> str:
        """The tag that keeps a release's image: `bgd/shop/web:r7`.

        With a slash before the service: `bgd/shop-web-api` could be `web-api` of shop or `api` of shop-web.
        """
        return f"{self.images}{_component(service)}:{release}"

    @property
    def images(self) -> str:
        """What the repositories of all the app's images begin with."""
        return f"{_component(self.instance)}/{_component(self.app)}/"

    def edge_alias(self, color: Color, service: str) -> str:
        """How the proxy finds the colour's front: `shop-blue-web`."""
        return f"{self.app}-{color}-{service}"

    def labels(self, color: Color | None = None, role: str | None = None) -> dict[str, str]:
        """The labels of something of the app: `{"bgd.instance": …, "bgd.app": …, …}`."""
        labels = {INSTANCE: self.instance, APP: self.app}
        if color is not None:
            labels[COLOR] = str(color)
        if role is not None:
            labels[ROLE] = role
        return labels


def _component(name: str) -> str:
    """`name` as a component of an image's repository; what doesn't fit is told apart by a hash."""
    if _COMPONENT.fullmatch(name):
        return name
    fit = _UNFIT.sub("", name.lower()).strip("._-") or "x"
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{fit}-{digest}" if _COMPONENT.fullmatch(fit) else f"x-{digest}"
