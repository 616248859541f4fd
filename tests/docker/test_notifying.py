"""Notifications of a real daemon, by Apprise to a service on loopback."""

from __future__ import annotations

from pathlib import Path

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny
from tests.mailbox import mailbox


def test_success_and_failure_are_told_and_the_url_is_in_no_file_of_words(tmp_path: Path, tiny: Tiny) -> None:
    with mailbox() as all_apps, mailbox() as own:
        daemon = RunningDaemon(tmp_path / "bgd")
        daemon.environment = {"BGD_NOTIFY": all_apps.url}
        try:
            daemon.start()
            xbgd = f"notify: {own.url}\nsmoke: [{{get: /pay}}]"
            daemon.bgctl("add", str(tiny.write("one", xbgd=xbgd)))
            daemon.bgctl("deploy", "tiny")
            tiny.write("two", fault="broke", xbgd=xbgd)
            daemon.bgctl("deploy", "tiny", status=1)
            for box in (all_apps, own):
                first, second = (box.messages.get(timeout=30) for _ in range(2))
                assert (first["type"], first["title"]) == ("success", "tiny: r1 is live")
                assert (second["type"], second["title"]) == ("failure", "tiny: r2 failed")
                assert "blue still serves r1, untouched" in second["message"]
            shown = daemon.bgctl("show", "tiny", "r1", "--json").stdout + daemon.bgctl("events").stdout
            assert "hunter2" not in shown + daemon.words()
        finally:
            daemon.clear()
