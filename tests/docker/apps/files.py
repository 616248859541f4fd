"""Compose files for tests of the runner."""

from __future__ import annotations

from textwrap import indent

from tests.docker.apps.busybox import TAG


def service(name: str, command: str = "", more: str = "") -> str:
    """One service of busybox; it ends at once when it is stopped. `command` is a script for its shell."""
    lines = [f"image: {TAG}", "stop_signal: SIGKILL"]
    if command:
        lines.append(f"command: ['sh', '-c', '{command}']")
    body = "\n".join(lines) + ("\n" + more.strip("\n") if more else "")
    return f"{name}:\n{indent(body, '  ')}\n"


def compose(*services: str, more: str = "") -> str:
    """A file with these services; `more` are its other sections."""
    return "services:\n" + indent("".join(services), "  ") + more
