"""What the show looks like on a terminal, or in a file."""

import os
import sys


def _paint(code: str, text: str) -> str:
    has_colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"\x1b[{code}m{text}\x1b[0m" if has_colors else text


def heading(number: int, text: str) -> None:
    """One line for a step, with a blank one before."""
    _print(f"\n{_paint('1', f'{number}  {text}')}")


def say(text: str) -> None:
    _print(text)


def command(text: str) -> None:
    """A command that a person could type, before what it prints."""
    _print(_paint("2", f"$ {text}"))


def verdict(text: str, *, is_good: bool) -> None:
    _print(_paint("1;32" if is_good else "1;31", text))


def _print(text: str) -> None:
    # At once: the programs that the show runs write to the same place.
    print(text, flush=True)
