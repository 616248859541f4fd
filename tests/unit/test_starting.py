"""Which services the engine may start without Compose."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.domain.starting import can_start_together


def test_services_that_have_nothing_to_do_with_each_other_start_together() -> None:
    web = {
        "image": "shop",
        "network_mode": "host",
        "depends_on": {},
        "healthcheck": {"test": ["CMD", "true"]},
    }
    assert can_start_together([web, {"image": "worker", "pid": "host"}])


@pytest.mark.parametrize(
    "needy",
    [
        {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}},
        {"links": ["db"]},
        {"volumes_from": ["data"]},
        {"network_mode": "service:vpn"},
        {"pid": "container:other"},
        {"secrets": [{"source": "password"}]},
        {"configs": [{"source": "settings"}]},
        {"post_start": [{"command": ["warm-up"]}]},
    ],
)
def test_whatever_compose_does_before_a_start_is_left_to_it(needy: dict[str, Any]) -> None:
    assert not can_start_together([{"image": "shop"}, {"image": "shop", **needy}])
