"""The verbs: which there are and what each does in a few words. Their modules are imported when they run."""

from __future__ import annotations

GROUPS: dict[str, dict[str, str]] = {
    "take in and out": {
        "check": "how a Compose file would be run; needs no daemon",
        "init": "write what check inferred into the file, its layout kept",
        "add": "take the app of a Compose file in",
        "remove": "take an app out, with what belongs to it",
    },
    "release": {
        "deploy": "a new release into the idle colour, then the switch",
        "promote": "let a deployment that waits for approval switch, or one that shifts take its next step",
        "cancel": "stop a deployment and clean up",
        "switch": "move the traffic to the other colour",
        "rollback": "back to the previous release",
        "drill": "rehearse a switch and the way back, now",
        "smoke": "run the smoke checks now",
        "stop": "stop the idle colour",
        "maintenance": "answer 503 with a page instead of the app",
    },
    "look": {
        "status": "what is live and what runs",
        "history": "past deployments",
        "show": "one release",
        "diff": "blue against green as they run, or one release against another",
        "logs": "the containers' logs, merged",
        "events": "the journal",
        "doctor": "what keeps bgd from working on this host; needs no daemon",
        "ui": "the terminal UI",
    },
    "shell": {
        "completion": "completion for bash, zsh or fish",
    },
}

VERBS = {verb: summary for group in GROUPS.values() for verb, summary in group.items()}

MODULES = {"check": "check_verb"}
"""Modules that aren't called like their verb: `check` is also a report that others print."""

EXIT_CODES = "exit codes: 0 done, 1 failed, 2 bad usage or an invalid file, 3 no daemon, 4 refused"


def help_lines() -> list[str]:
    """What `bgctl --help` prints."""
    lines = [
        "usage: bgctl [--socket PATH] VERB …",
        "",
        "Blue-green deployments on this host. The daemon, bgd, does the work; traffic depends on neither.",
    ]
    for group, verbs in GROUPS.items():
        lines += ["", f"{group}:", *(f"  {verb:<11} {summary}" for verb, summary in verbs.items())]
    return [
        *lines,
        "",
        "options:",
        "  --socket PATH  where the daemon listens (also BGD_SOCKET)",
        "  --json         facts as JSON, for every verb that prints facts",
        "  --version      the version of bgctl",
        "  -h, --help     this, and after a verb its options",
        "",
        EXIT_CODES,
    ]
