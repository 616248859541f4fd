"""Dark and light, made for reading all day.

Two hues belong to the app's colours and to nothing else, so a green word always means the colour green
and never "good". Amber and red are for what needs an eye. Everything else is grey.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="bgd-dark",
    dark=True,
    primary="#7aa7d9",
    secondary="#9aa5b4",
    accent="#c9d1dc",
    warning="#e3b341",
    error="#ff7b72",
    success="#c9d1dc",
    foreground="#d4dae3",
    background="#0f1318",
    surface="#151a21",
    panel="#1c232c",
    variables={
        "hue-blue": "#58a6ff",
        "hue-green": "#3fc97e",
        "muted": "#8b95a3",
        "faint": "#4d5764",
        "warn": "#e3b341",
        "bad": "#ff7b72",
        "key": "#e6ebf2",
        "on-hue": "#0b0f14",
        "block-cursor-background": "#263140",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1c232c",
        "block-cursor-blurred-foreground": "#d4dae3",
        "scrollbar": "#38424f",
        "scrollbar-hover": "#4d5764",
        "scrollbar-active": "#8b95a3",
        "scrollbar-background": "#0f1318",
        "scrollbar-background-hover": "#0f1318",
        "scrollbar-background-active": "#0f1318",
    },
)

LIGHT = Theme(
    name="bgd-light",
    dark=False,
    primary="#2f5f95",
    secondary="#5c6773",
    accent="#2b3440",
    warning="#8a5a00",
    error="#b3261e",
    success="#2b3440",
    foreground="#1f2731",
    background="#fbfcfd",
    surface="#f2f4f7",
    panel="#e8ecf1",
    variables={
        "hue-blue": "#0b5fd0",
        "hue-green": "#0a7a3f",
        "muted": "#5c6773",
        "faint": "#a4aeb9",
        "warn": "#8a5a00",
        "bad": "#b3261e",
        "key": "#0c1117",
        "on-hue": "#ffffff",
        "block-cursor-background": "#d5e0ee",
        "block-cursor-foreground": "#0c1117",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#e8ecf1",
        "block-cursor-blurred-foreground": "#1f2731",
        "scrollbar": "#c3cbd4",
        "scrollbar-hover": "#a4aeb9",
        "scrollbar-active": "#5c6773",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-background-hover": "#fbfcfd",
        "scrollbar-background-active": "#fbfcfd",
    },
)

THEMES = {"dark": DARK, "light": LIGHT}


def theme_for(colorfgbg: str) -> str:
    """`dark` or `light`, by what some terminals tell in COLORFGBG (`15;0`); dark where they don't."""
    background = colorfgbg.rsplit(";", 1)[-1]
    return "light" if background in {"7", "15"} else "dark"
