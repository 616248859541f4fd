"""What isn't the same: colours, containers against their release, versions of the file."""

from __future__ import annotations

from typing_extensions import TypedDict

from bgd.wire.apps import ColorName


class DifferenceJson(TypedDict):
    """A fact about a service that isn't the same in blue and green; null is absent, `•••` a secret.

    `aspect` is a kind of fact, or one and a name: `memory`, `environment.VERSION`. `explained_by` is null
    where no release says that it should differ.
    """

    service: str
    aspect: str
    blue: str | None
    green: str | None
    explained_by: str | None


class DriftJson(TypedDict):
    """A fact about a container (null: about its whole service) that isn't what its release says.

    Of a shared service `color` and `release` are null: it is compared with what it was last made from.
    """

    color: str | None
    release: str | None
    service: str
    container: str | None
    aspect: str
    meant: str | None
    runs: str | None


class ChangeJson(TypedDict):
    """A place of a Compose file where two versions differ; null is absent, `•••` a secret."""

    service: str | None
    place: str
    before: str | None
    after: str | None


class DiffJson(TypedDict):
    """Blue against green as they run. `identical` (but for the release) is null where one isn't there.

    `file` are the changes of the file since the newest release, `file_since`; `notes` are sentences about
    what couldn't be compared.
    """

    app: str
    identical: bool | None
    live: ColorName | None
    blue: str | None
    green: str | None
    differences: list[DifferenceJson]
    drift: list[DriftJson]
    file: list[ChangeJson]
    file_since: str | None
    notes: list[str]


ReleaseDiffJson = TypedDict(
    "ReleaseDiffJson", {"app": str, "from": str, "to": str, "changes": list[ChangeJson]}
)
"""What one release's Compose model and images have otherwise than another's."""
