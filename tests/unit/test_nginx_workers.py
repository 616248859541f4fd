"""nginx's workers, as /proc has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters.nginx.workers import tcp_tables_on_host, workers_listed, workers_on_host

MASTER = "nginx: master process nginx -e stderr -c /etc/nginx/bgd/nginx.conf -g daemon off;"
WORKER = "nginx: worker process"
OLD = "nginx: worker process is shutting down"


def process(proc: Path, pid: int, title: str, *children: int) -> None:
    """A process of a made-up /proc."""
    directory = proc / str(pid) / "task" / str(pid)
    directory.mkdir(parents=True)
    (proc / str(pid) / "cmdline").write_bytes(title.encode() + b"\0" * 9)
    (directory / "children").write_text("".join(f"{child} " for child in children))


def test_workers_say_in_their_titles_whether_they_shut_down(tmp_path: Path) -> None:
    process(tmp_path, 7, MASTER, 11, 12, 13)
    process(tmp_path, 11, OLD)
    process(tmp_path, 12, WORKER)
    process(tmp_path, 13, "nginx: cache manager process")
    assert workers_on_host(7, tmp_path) == {11: True, 12: False}


def test_a_worker_that_ends_meanwhile_is_none(tmp_path: Path) -> None:
    process(tmp_path, 7, MASTER, 11, 12)
    process(tmp_path, 12, WORKER)
    assert workers_on_host(7, tmp_path) == {12: False}


@pytest.mark.parametrize("title", ["bash", "nginx: master process nginx -c /etc/other.conf", ""])
def test_a_pid_of_another_namespace_is_not_taken_for_the_master(tmp_path: Path, title: str) -> None:
    process(tmp_path, 7, title, 11)
    process(tmp_path, 11, WORKER)
    assert workers_on_host(7, tmp_path) is None


def test_a_proc_without_the_master_says_nothing(tmp_path: Path) -> None:
    assert workers_on_host(7, tmp_path) is None
    assert tcp_tables_on_host(7, tmp_path) is None


@pytest.mark.parametrize(("title", "tables"), [(MASTER, "four\nsix\n"), ("bash", None)])
def test_connections_are_only_read_of_the_master_s_own_network(
    tmp_path: Path, title: str, tables: str | None
) -> None:
    process(tmp_path, 7, title)
    (tmp_path / "7/net").mkdir()
    (tmp_path / "7/net/tcp").write_text("four\n")
    (tmp_path / "7/net/tcp6").write_text("six\n")
    assert tcp_tables_on_host(7, tmp_path) == tables


def test_the_container_s_own_list_says_the_same() -> None:
    told = f"\n7\n{OLD}\0\n8\n{WORKER}\0\0\n9\n\n10\nnginx: cache manager process\0".encode()
    assert workers_listed(told) == {7: True, 8: False}
    assert workers_listed(b"") == {}
