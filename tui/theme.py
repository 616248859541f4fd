"""The themes: dark and light for reading all day, the terminal's own sixteen colours, and high contrast.

Two hues belong to the app's colours and to nothing else, so a green word always means the colour green
and never "good". Amber and red are for what needs an eye. Everything else is grey.
"""

from __future__ import annotations

from textual.theme import Theme


def _theme(name: str, *, dark: bool, ansi: bool = False, **hues: str) -> Theme:
    ink, paper, raised, muted, faint = (hues[key] for key in ("ink", "paper", "raised", "muted", "faint"))
    bar = hues["bar"]
    return Theme(
        name=f"bgd-{name}",
        dark=dark,
        ansi=ansi,
        primary=hues["blue"],
        secondary=muted,
        accent=ink,
        warning=hues["warn"],
        error=hues["bad"],
        success=ink,
        foreground=ink,
        background=paper,
        surface=raised,
        panel=bar,
        variables={
            "hue-blue": hues["blue"],
            "hue-green": hues["green"],
            "muted": muted,
            "faint": faint,
            "warn": hues["warn"],
            "bad": hues["bad"],
            "key": hues["key"],
            "on-hue": hues["on_hue"],
            "on-warn": hues.get("on_warn", hues["on_hue"]),
            "block-cursor-background": hues["cursor"],
            "block-cursor-foreground": hues["on_cursor"],
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": bar,
            "block-cursor-blurred-foreground": ink,
            "input-cursor-background": ink,
            "input-cursor-foreground": paper if not ansi else "ansi_black",
            "input-cursor-text-style": "none",
            "input-selection-background": hues["cursor"],
            "screen-selection-background": hues["cursor"],
            "screen-selection-foreground": hues["on_cursor"],
            "match": hues["match"],
            "found": hues["warn"],
            "scrollbar": hues["thumb"],
            "scrollbar-hover": muted,
            "scrollbar-active": muted,
            "scrollbar-background": paper,
            "scrollbar-background-hover": paper,
            "scrollbar-background-active": paper,
            "scrollbar-corner-color": paper,
            # What Textual's own styles ask of a theme that mixes no colours.
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border-blurred": faint,
        },
    )


DARK = _theme(
    "dark",
    dark=True,
    ink="#d4dae3",
    paper="#0f1318",
    raised="#151a21",
    bar="#1c232c",
    muted="#8b95a3",
    faint="#4d5764",
    blue="#58a6ff",
    green="#3fc97e",
    warn="#e3b341",
    bad="#ff7b72",
    key="#e6ebf2",
    on_hue="#0b0f14",
    cursor="#263140",
    on_cursor="#ffffff",
    match="#3a3320",
    thumb="#38424f",
)
LIGHT = _theme(
    "light",
    dark=False,
    ink="#1f2731",
    paper="#fbfcfd",
    raised="#f2f4f7",
    bar="#e8ecf1",
    muted="#5c6773",
    faint="#a4aeb9",
    blue="#0b5fd0",
    green="#0a7a3f",
    warn="#8a5a00",
    bad="#b3261e",
    key="#0c1117",
    on_hue="#ffffff",
    cursor="#d5e0ee",
    on_cursor="#0c1117",
    match="#f6e7bd",
    thumb="#c3cbd4",
)
ANSI = _theme(
    "ansi",
    dark=True,
    ansi=True,
    ink="ansi_default",
    paper="ansi_default",
    raised="ansi_default",
    bar="ansi_default",
    muted="ansi_default",
    faint="ansi_bright_black",
    blue="ansi_bright_blue",
    green="ansi_bright_green",
    warn="ansi_bright_yellow",
    bad="ansi_bright_red",
    key="ansi_default",
    on_hue="ansi_black",
    cursor="ansi_blue",
    on_cursor="ansi_bright_white",
    match="ansi_default",
    thumb="ansi_bright_black",
)
"""The terminal's own colours: nothing is mixed, so it looks as the person has set their terminal."""
CONTRAST = _theme(
    "contrast",
    dark=True,
    ink="#ffffff",
    paper="#000000",
    raised="#000000",
    bar="#1a1a1a",
    muted="#e0e0e0",
    faint="#b0b0b0",
    blue="#6cb8ff",
    green="#4dff9a",
    warn="#ffd400",
    bad="#ff8f87",
    key="#ffffff",
    on_hue="#000000",
    cursor="#ffffff",
    on_cursor="#000000",
    match="#5a4d00",
    thumb="#b0b0b0",
)

THEMES = {"dark": DARK, "light": LIGHT, "ansi": ANSI, "contrast": CONTRAST}


def theme_for(colorfgbg: str) -> str:
    """`dark` or `light`, by what some terminals tell in COLORFGBG (`15;0`); dark where they don't."""
    background = colorfgbg.rsplit(";", 1)[-1]
    return "light" if background in {"7", "15"} else "dark"
