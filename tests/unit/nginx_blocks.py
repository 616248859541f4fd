"""nginx's configuration as a tree, so that tests can ask what it means and not how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(r"""\s*(?:(\#[^\n]*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([{};])|([^\s{};'"]+))""")


@dataclass
class Directive:
    """A directive: its words, and what is in its block."""

    words: Sequence[str]
    children: list[Directive] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The first word."""
        return self.words[0]

    @property
    def text(self) -> str:
        """The words after the first."""
        return " ".join(self.words[1:])

    def all(self, name: str) -> list[Directive]:
        """The directives of that name in the block."""
        return [child for child in self.children if child.name == name]

    def one(self, name: str) -> str:
        """The text of the only directive of that name in the block."""
        (found,) = self.all(name)
        return found.text

    def find(self, name: str, *words: str) -> Directive:
        """The only directive in the block that begins so."""
        (found,) = [each for each in self.all(name) if tuple(each.words[1 : 1 + len(words)]) == words]
        return found

    def deep(self) -> Iterator[Directive]:
        """This one and all below."""
        yield self
        for child in self.children:
            yield from child.deep()


def parse(text: str) -> Directive:
    """The whole file as one block; raises `ValueError` for what nginx wouldn't read."""
    root = Directive(["main"])
    stack, words, position = [root], [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"unreadable from {text[position : position + 40]!r}")
        position = match.end()
        comment, single, double, mark, plain = match.groups()
        if comment is not None:
            continue
        if mark is None:
            quoted = single if single is not None else double
            words.append(plain if quoted is None else re.sub(r"\\(['\"\\])", r"\1", quoted))
            continue
        if (mark == "}") == bool(words):
            raise ValueError(f"{mark!r} after {words}")
        if mark == "}":
            stack.pop()
            continue
        made = Directive(words)
        stack[-1].children.append(made)
        if mark == "{":
            stack.append(made)
        words = []
    if len(stack) != 1 or words:
        raise ValueError("a block or a directive isn't ended")
    return root
