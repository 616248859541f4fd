"""The bodies of requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

FilePath = Annotated[str, Field(pattern=r"^[^\x00]+$", max_length=4096)]
ProfileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$|^\*$")]


class Body(BaseModel):
    """What all have in common: nothing unknown is accepted, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


class AddBody(Body):
    """`POST /v1/apps`."""

    file: FilePath
    name: str | None = Field(default=None, max_length=64)
    more: list[FilePath] = Field(default=[], max_length=50)
    profiles: list[ProfileName] = Field(default=[], max_length=50)
    adopt: bool = False


class DeployBody(Body):
    """`POST /v1/apps/APP/deployments`."""

    no_switch: bool = False
    with_shared: bool = False
    file: FilePath | None = None
    more: list[FilePath] = Field(default=[], max_length=50)
    profiles: list[ProfileName] | None = Field(default=None, max_length=50)
    reason: str = Field(default="", max_length=1000)
    at: AwareDatetime | None = None

    @field_validator("at")
    @classmethod
    def _is_to_come(cls, at: datetime | None) -> datetime | None:
        if at is not None and at <= datetime.now(UTC):
            raise ValueError("is over: name a time to come")
        return at

    @model_validator(mode="after")
    def _means_something(self) -> DeployBody:
        if self.at is not None and self.no_switch:
            raise ValueError("a deployment that doesn't switch has no time to do it at")
        return self


class PromoteBody(Body):
    """`POST /v1/apps/APP/promote`."""

    now: bool = False


class SwitchBody(Body):
    """`POST /v1/apps/APP/switch`."""

    to: Literal["blue", "green"] | None = None
    force: bool = False


class RollbackBody(Body):
    """`POST /v1/apps/APP/rollback`."""

    to: str | None = Field(default=None, max_length=16)
    force: bool = False


class SmokeBody(Body):
    """`POST /v1/apps/APP/smoke`."""

    color: Literal["blue", "green"] | None = None


class MaintenanceBody(Body):
    """`POST /v1/apps/APP/maintenance`."""

    on: bool


class StopBody(Body):
    """`POST /v1/apps/APP/stop`."""

    color: Literal["blue", "green"]
