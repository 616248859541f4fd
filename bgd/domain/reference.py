"""The name of an image, taken apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """`repository` with the registry, and the tag or digest after it (`sha256:…`)."""

    repository: str
    version: str

    @classmethod
    def of(cls, text: str) -> Reference:
        """`redis` is `redis:latest`; a port (`host:5000/redis`) is no tag; a digest outdoes a tag."""
        name, _, digest = text.partition("@")
        head, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            head, tag = name, ""
        return cls(head, digest or tag or "latest")

    @property
    def is_pinned(self) -> bool:
        """Whether it always stands for the same image."""
        return self.version.startswith("sha256:")
