"""Facts being written down: the one spelling of everything that is compared."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Mapping, Sequence

from bgd.domain.difference.facts import FAMILIES, Fact, family_of
from bgd.domain.difference.names import Names
from bgd.domain.duration import show_duration
from bgd.domain.secret import Mask

STOP_WITHIN_S = 10
"""Docker's own, where nothing else is said."""

_OWN_LABELS = ("bgd.", "com.docker.compose.")
_MIB = 1024 * 1024


class Sheet:
    """Facts being written down. Both sides use it, so that what is the same comes out the same.

    `show` makes text fit to be seen: no secret in it, no escape sequence. Any text that it alters holds a
    secret and is compared whole all the same.
    """

    def __init__(self, service: str, names: Names, show: Mask) -> None:
        self.facts: dict[str, Fact] = {}
        self._service = service
        self._names = names
        self._show = show

    def put(self, aspect: str, value: object, shown: str | None = None) -> None:
        """A fact; nothing where the value is none."""
        assert family_of(aspect) in FAMILIES, aspect
        if value not in (None, "", (), False):
            self.facts[aspect] = Fact(value, self._show(str(value) if shown is None else shown))

    def secret(self, aspect: str, value: object) -> None:
        """A fact of which nothing is shown but whether it is equal; empty is a value too."""
        assert family_of(aspect) in FAMILIES, aspect
        if value is not None:
            self.facts[aspect] = Fact(value)

    def words(self, aspect: str, words: Sequence[str] | None) -> None:
        """The words of a command."""
        self.put(aspect, tuple(words or ()), shlex.join(words or ()))

    def names(self, aspect: str, names: Iterable[object] | None) -> None:
        """Things whose order doesn't matter."""
        sorted_names = tuple(sorted({str(name) for name in names or ()}))
        self.put(aspect, sorted_names, ", ".join(sorted_names))

    def labels(self, labels: Mapping[str, str]) -> None:
        """The labels that aren't bgd's or Compose's own."""
        for name, value in labels.items():
            if not name.startswith(_OWN_LABELS):
                self.secret(f"labels.{name}", value)

    def working_dir(self, path: str | None) -> None:
        """Where the process begins; `/` is the default."""
        clean = posixpath.normpath(path) if path else "/"
        self.put("working dir", None if clean == "/" else clean)

    def flag(self, aspect: str, is_so: object) -> None:
        """Something that is so, or isn't."""
        self.put(aspect, bool(is_so), "yes")

    def number(self, aspect: str, number: object) -> None:
        """A number; 0 and -1 are the engine's ways to say none."""
        count = int(str(number or 0))
        self.put(aspect, count if count > 0 else None)

    def size(self, aspect: str, size_bytes: object) -> None:
        """A number of bytes; 0 is none."""
        count = int(str(size_bytes or 0))
        self.put(aspect, count or None, "unlimited" if count < 0 else shown_size(count))

    def duration(self, aspect: str, seconds: float) -> None:
        """A time; 0 is none."""
        self.put(aspect, round(seconds, 6) or None, show_duration(seconds))

    def image(self, image_id: str, reference: str) -> None:
        """The image, by its id; shown with the name that it goes by."""
        short = image_id.removeprefix("sha256:")[:12]
        self.put("image", image_id, f"{short} {reference}".strip())

    def mount(self, kind: str, source: str, target: str, is_read_only: bool) -> None:
        """One mount, by where it is in the container; a volume without a name of its own is `anonymous`."""
        if kind == "volume":
            source = self._names.volume(source) if source else "anonymous"
        what = (
            kind if kind == "tmpfs" else posixpath.normpath(source) if kind == "bind" else f"{kind} {source}"
        )
        target = posixpath.normpath(target)
        self.put(
            f"mounts.{target}", f"{what}, {'read-only' if is_read_only and kind != 'tmpfs' else 'writable'}"
        )

    def network(self, name: str, aliases: Sequence[str]) -> None:
        """A network that a container is on, and the names beyond its service's that it answers to there."""
        known = self._names.aliases(name, [alias for alias in aliases if alias != self._service])
        aspect = f"networks.{self._names.network(name)}"
        self.put(aspect, ("on", *known), f"joined, as {', '.join(known)}" if known else "joined")

    def cpus(self, cpus: float) -> None:
        """How many processors it may use."""
        self.put("cpus", round(cpus * 1000) or None, f"{cpus:g}")

    def quota(self, quota_us: object, period_us: object) -> None:
        """The same as microseconds of each period; the engine's period is 100 ms."""
        quota = int(str(quota_us or 0))
        period = int(str(period_us or 0)) or 100_000
        self.put("cpu quota", f"{quota} of {period} µs" if quota > 0 else None)

    def ulimit(self, name: str, soft: int, hard: int) -> None:
        """A limit of the kernel's."""
        self.put(f"ulimits.{name}", (soft, hard), str(soft) if soft == hard else f"{soft}, at most {hard}")

    def capabilities(self, added: Sequence[str] | None, dropped: Sequence[str] | None) -> None:
        """What it may do more and less than others; engines differ in whether they write `CAP_`."""
        for aspect, names in (("capabilities added", added), ("capabilities dropped", dropped)):
            self.names(aspect, [str(name).upper().removeprefix("CAP_") for name in names or ()])

    def security(self, options: Sequence[str] | None) -> None:
        """Security options. Of a seccomp profile the engine has the text and the file its path: left out."""
        plain = [str(option).replace(":", "=", 1) for option in options or ()]
        self.names("security", [o for o in plain if not o.startswith("seccomp=") and o != "label=disable"])

    def stopping(self, signal: str | None, within_s: float | None) -> None:
        """How it is stopped."""
        name = str(signal or "").upper().removeprefix("SIG")
        self.put("stop signal", None if name in ("", "TERM", "15") else name)
        whole = STOP_WITHIN_S if within_s is None else int(within_s)
        self.put("stop within", None if whole == STOP_WITHIN_S else str(whole), f"{whole}s")

    def health(self, test: Sequence[str] | None, times_s: Mapping[str, float], tries: object) -> None:
        """Docker's health check, part by part: an image may say one part and the file another."""
        self.words("healthcheck.test", test)
        if test == ["NONE"]:
            return
        for key, seconds in times_s.items():
            self.duration(f"healthcheck.{key.replace('_', ' ')}", seconds)
        self.number("healthcheck.retries", tries)

    def logging(self, driver: str, options: Mapping[str, str]) -> None:
        """Where its log goes; an option may be a password."""
        self.put("logging.driver", driver)
        for name, value in options.items():
            self.secret(f"logging.{name}", value)


def shown_size(size_bytes: int) -> str:
    """`512 MiB`, `1.5 GiB`; bytes where that isn't round."""
    if size_bytes >= 1024 * _MIB and size_bytes % (_MIB * 64) == 0:
        return f"{size_bytes / (1024 * _MIB):g} GiB"
    if size_bytes % _MIB == 0:
        return f"{size_bytes // _MIB} MiB"
    return f"{size_bytes} bytes"


def restart_shown(name: str, tries: int) -> str | None:
    """`on-failure, 3 times`; none for `no`."""
    if name in ("", "no"):
        return None
    return f"{name}, {tries} times" if tries and name == "on-failure" else name
