"""The kernel's tables of connections: those that a colour still has to answer are counted."""

from __future__ import annotations

from bgd.domain.tcp_table import connections_to

# 10.200.0.3:8000 as the remote side: established, opening, closed by the other side, over.
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 1
   1: 0200C80A:D2F0 0300C80A:1F40 01 00000000:00000000 00:00000000 00000000   101        0 2
   2: 0200C80A:D2F1 0300C80A:1F40 02 00000000:00000000 00:00000000 00000000   101        0 3
   3: 0200C80A:D2F2 0300C80A:1F40 08 00000000:00000000 00:00000000 00000000   101        0 4
   4: 0200C80A:D2F3 0300C80A:1F40 06 00000000:00000000 00:00000000 00000000     0        0 0
   5: 0200C80A:D2F4 0400C80A:1F40 01 00000000:00000000 00:00000000 00000000   101        0 5
   6: 0200C80A:1F90 0300C80A:9C40 01 00000000:00000000 00:00000000 00000000   101        0 6
"""
TABLE_6 = """\
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:D2F0 B80D0120000000000000000003000000:1F40 01 0:0 0:0 0 101 0 7
   1: 0000000000000000FFFF00000200C80A:D2F0 0000000000000000FFFF00000300C80A:1F40 01 0:0 0:0 0 101 0 7
"""


def test_open_and_opening_connections_to_the_addresses_count() -> None:
    assert connections_to(TABLE, ["10.200.0.4"]) == 1
    assert connections_to(TABLE, ["10.200.0.3"]) == 3
    assert connections_to(TABLE, ["10.200.0.3", "10.200.0.4"]) == 4


def test_other_addresses_do_not() -> None:
    assert connections_to(TABLE, ["10.200.0.5"]) == 0
    assert connections_to(TABLE, []) == 0


def test_ipv6_counts_and_ipv4_in_its_clothes_too() -> None:
    assert connections_to(TABLE_6, ["2001:db8::3"]) == 1
    assert connections_to(TABLE_6, ["10.200.0.3"]) == 1
    assert connections_to(TABLE + TABLE_6, ["10.200.0.3", "2001:db8::3"]) == 5


def test_an_empty_table_has_none() -> None:
    assert connections_to("", ["10.200.0.3"]) == 0
