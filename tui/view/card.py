"""The failure card: what failed, what still serves, the last probe, the log, and what to do next."""

from __future__ import annotations

from textual.content import Content

from tui.model import App, Deployment, Failure, Probe
from tui.view.line import EMPTY, labelled, line, stacked
from tui.words import stage_word, took

LABEL = 15
NEXT = "mend it and deploy again; nothing waits to be cleaned up"


def card_title(deployment: Deployment) -> str:
    """`✗ deploy of r3 failed`."""
    if deployment.outcome == "rolled_back":
        return f"↩ {deployment.release} was rolled back"
    return f"✗ {deployment.kind} of {deployment.release} failed"


def card_content(app: App, deployment: Deployment, failure: Failure, width: int) -> Content:
    """Everything inside the frame; long lines wrap."""
    stage = deployment.stage(failure.stage)
    after = f" after {took(stage.took_ms)}" if stage and stage.took_ms is not None else ""
    where = f"{stage_word(failure.stage)}{after}"
    facts = [
        ("Failed at", Content.styled(where, "bold $bad")),
        ("Why", Content(failure.message)),
        ("Still serving", Content.styled(failure.still_serving or _serving(app), "bold")),
    ]
    if failure.probe is not None:
        facts.append(("Last probe", _probe(failure.probe)))
    facts.append(("Next", Content(failure.hint or NEXT)))
    lines = [labelled(Content.styled(label, "$muted"), told, LABEL, width) for label, told in facts]
    if failure.log:
        lines += [EMPTY, Content.styled("Last log lines", "$muted")]
        lines += [labelled(Content.styled("│", "$faint"), Content(text), 2, width) for text in failure.log]
    return stacked(lines)


def _probe(probe: Probe) -> Content:
    asked = f"{probe.method} {probe.url}"
    if probe.host and f"//{probe.host}" not in probe.url:
        asked += f" for {probe.host}"
    if probe.status:
        verdict = line((str(probe.status), "bold"), f" in {took(probe.took_ms)}")
    else:
        verdict = Content.styled(probe.error or "no answer", "bold")
    told = line(asked, (" → ", "$muted"), verdict)
    return stacked([told, Content.styled(f"“{probe.answer}”", "$muted")]) if probe.answer else told


def _serving(app: App) -> str:
    slot = app.live_slot
    return f"{slot.color.upper()} {slot.release or ''}".rstrip() if slot else "nothing was live"
