"""Small subnets: free ones are found, taken ones and their surroundings are left alone."""

from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

import pytest

from bgd.adapters.taken_subnets import routed
from bgd.domain.subnet import POOLS, free_subnet
from bgd.errors import Failed


def networks(*texts: str) -> list[IPv4Network]:
    return [IPv4Network(text) for text in texts]


def test_an_empty_host_gets_the_first_subnet_of_the_first_pool() -> None:
    assert free_subnet([], 24) == IPv4Network("10.200.0.0/24")


def test_fifty_subnets_taken_one_after_the_other_never_overlap() -> None:
    taken = networks("172.17.0.0/16", "192.168.0.0/20", "10.200.1.128/25")
    for number in range(50):
        taken.append(free_subnet(taken, 22 + number % 7))
    assert not any(one.overlaps(other) for one, other in combinations(taken, 2))


@pytest.mark.parametrize("route", ["10.200.0.0/30", "10.200.0.0/22", "10.200.0.128/25", "10.200.0.255/32"])
def test_a_network_inside_or_around_the_candidate_moves_it_on(route: str) -> None:
    found = free_subnet(networks(route), 24)
    assert not found.overlaps(IPv4Network(route))
    assert found.subnet_of(POOLS[0])


def test_a_route_over_all_of_ten_leads_to_the_other_private_pools() -> None:
    assert free_subnet(networks("10.0.0.0/8"), 24) == IPv4Network("192.168.0.0/24")


def test_docker_s_own_pools_come_last() -> None:
    found = free_subnet(networks("10.0.0.0/8", "192.168.0.0/16"), 24)
    assert found == IPv4Network("172.16.0.0/24")


@pytest.mark.parametrize("routes", [["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"]])
def test_default_routes_take_nothing(routes: list[str]) -> None:
    assert free_subnet(networks(*routes), 24) == IPv4Network("10.200.0.0/24")


def test_a_size_that_fits_no_small_pool_is_found_in_a_large_one() -> None:
    assert free_subnet([], 9) == IPv4Network("10.0.0.0/9")


def test_nothing_left_is_told_with_a_remedy() -> None:
    with pytest.raises(Failed, match="no private IPv4 network of /24 is free") as caught:
        free_subnet(networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), 24)
    assert "docker network ls" in caught.value.hint


@pytest.mark.parametrize("prefix", [8, 31, 32])
def test_sizes_without_a_use_are_a_defect_of_the_caller(prefix: int) -> None:
    with pytest.raises(ValueError, match="9 to 30"):
        free_subnet([], prefix)


def test_what_the_host_has_routes_to_is_taken(tmp_path: Path) -> None:
    head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT"
    default = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0"
    vpn = "tun0\t0000C80A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0"
    table = tmp_path / "route"
    table.write_text("\n".join([head, default, vpn, ""]))
    assert routed(table) == networks("0.0.0.0/0", "10.200.0.0/16")
    assert routed(tmp_path / "none") == []
