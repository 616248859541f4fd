"""The page that bgd's nginx answers with where there is no app to ask.

One self-contained document without scripts and without anything of the request in it; only its title and
text depend on the error. It stands in the configuration, which so stays one file, replaced in one go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bgd.domain.traffic import Closure

ABSENT = "absent"
"""Why nginx answers 503: the app has no live colour. The other reasons are the closures'."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a visitor is told. `retry_after_s` goes into the header of that name; 0 for none."""

    title: str
    text: str
    retry_after_s: int = 0


PAGES: Mapping[tuple[str, str], Page] = {
    ("404", ""): Page("There is nothing here", "No app answers on this host and path."),
    ("502", ""): Page("The app isn’t answering", "It refused or dropped the connection. Please try again."),
    ("503", ABSENT): Page(
        "Not here yet", "This app has no live release yet. Please come back in a moment.", retry_after_s=5
    ),
    ("503", Closure.PAUSE): Page(
        "Back in a moment", "This app is being updated. Please try again in a few seconds.", retry_after_s=5
    ),
    ("503", Closure.MAINTENANCE): Page(
        "Back soon", "This app is down for maintenance. Please come back in a few minutes.", retry_after_s=60
    ),
    ("504", ""): Page("The app is too slow", "It didn’t answer in time. Please try again."),
}
"""By HTTP status and, where one status has several, the reason."""

FALLBACK = Page("Something went wrong", "Please try again.")

STYLE = (
    ":root{color-scheme:light dark;--ink:#1b2330;--dim:#667085;--paper:#f7f9fb;--b:#2f6fed;--g:#12a150;"
    "--mix:multiply}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#8b95a5;--paper:#10151c;--b:#5b93ff;"
    "--g:#34c77b;--mix:screen}}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);"
    "color:var(--ink);font:17px/1.6 system-ui,sans-serif}"
    "main{max-width:30rem;padding:2rem;text-align:center}"
    "svg{width:60px}circle{opacity:.85;mix-blend-mode:var(--mix)}.b{fill:var(--b)}.g{fill:var(--g)}"
    "h1{font-size:1.6rem;line-height:1.25;margin:1.2rem 0 .4rem}p{margin:0 0 1.6rem}"
    "small{color:var(--dim);letter-spacing:.04em}"
)


def document(title: str, text: str, status: str) -> str:
    """The HTML, of words or of nginx's variables for them."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>"
        '<svg viewBox="0 0 60 36" aria-hidden="true"><circle cx="18" cy="18" r="18" class="b"/>'
        '<circle cx="42" cy="18" r="18" class="g"/></svg>'
        f"<h1>{title}</h1><p>{text}</p><small>{status} · bgd</small></main></body></html>\n"
    )
