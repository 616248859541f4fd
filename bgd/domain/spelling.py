"""What somebody meant who wrote a word that isn't known."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that is nearest to `word`, or all of them where none is near."""
    # Imported here: only a mistake needs it, and every command starts without it.
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(word.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    # Two letters swapped in a short word leave little in common: `bd` for `db`.
    near = near or [name.lower() for name in names if sorted(name.lower()) == sorted(word.lower())]
    if near:
        return f"did you mean {next(name for name in names if name.lower() == near[0])}?"
    return f"known are {', '.join(names)}" if names else ""
