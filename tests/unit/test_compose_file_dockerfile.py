"""What a Dockerfile tells before its image is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters.dockerfile import Built, built_images, parse


@pytest.mark.parametrize(
    ("text", "target", "built"),
    [
        ("FROM nginx", "", Built("nginx", ())),
        (
            "# syntax=a\n\nfrom --platform=$BUILDPLATFORM node:22 as dev\nEXPOSE 3000\n",
            "",
            Built("node:22", (3000,)),
        ),
        (
            "FROM node AS b\nEXPOSE 1\nFROM nginx\nEXPOSE 80/tcp 443 53/udp 8000-8010",
            "",
            Built("nginx", (80, 443, 8000)),
        ),
        ("FROM python AS base\nEXPOSE 8000\nFROM base\nRUN x", "", Built("python", (8000,))),
        ("FROM a AS one\nEXPOSE 1\nFROM b AS two\nEXPOSE 2", "one", Built("a", (1,))),
        ("FROM a AS one\nEXPOSE 1\nFROM b AS two\nEXPOSE 2", "gone", Built("b", (2,))),
        (
            "ARG V=16\nFROM postgres:${V}\nARG P=5432\nEXPOSE ${P} $Q ${R:-99}",
            "",
            Built("postgres:16", (5432, 99)),
        ),
        ("FROM a\nRUN b && \\\n  # c\n  d\nEXPOSE \\\n  80", "", Built("a", (80,))),
        ("FROM a AS a\n", "", Built("a", ())),
        ("RUN x", "", None),
        ("", "", None),
    ],
)
def test_the_last_stage_counts_with_those_that_it_stands_on(
    text: str, target: str, built: Built | None
) -> None:
    assert parse(text, target) == built


def test_services_are_read_from_their_context_and_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.web").write_text("FROM nginx")
    model = {
        "services": {
            "web": {"build": {"context": str(tmp_path), "dockerfile": "Dockerfile.web"}},
            "inline": {"build": {"dockerfile_inline": "FROM busybox\nEXPOSE $${PORT:-81}"}},
            "gone": {"build": {"context": str(tmp_path / "gone")}},
            "remote": {"build": {"context": "https://example.com/a.git"}},
            "plain": {"image": "redis"},
            "empty": None,
        }
    }
    assert built_images(model) == {"web": Built("nginx", ()), "inline": Built("busybox", (81,))}
