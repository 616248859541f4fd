"""nginx's configuration as requests meet it: who answers for a host and a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bgd.domain.nginx_config import render
from bgd.domain.traffic import Table
from tests.unit.nginx_blocks import Directive, parse


def _is_true(condition: Directive, values: Mapping[str, str], there: Mapping[str, bool]) -> bool:
    """An `if` that looks for a file, or compares a variable with a word."""
    if condition.words[1] == "(-f":
        return next(there[end] for end in there if condition.words[2].endswith(end))
    variable, _, word, *_ = condition.words[1:]
    return values[variable.lstrip("($")] == word.rstrip(")")


@dataclass(frozen=True)
class Site:
    """One server of a configuration, as a request meets it."""

    server: Directive

    def answer(
        self, path: str, *, green_on: bool, live_on: bool = True, asks: str = "", closed: str = ""
    ) -> str:
        """What a request gets: the upstream's URL, or the status (and reason) of bgd's own answer.

        `asks` is its header `Bgd-Color`, `closed` why the doors are.
        """
        block = self._location(path)
        values = {"http_bgd_color": asks}
        there = {
            "/green.on)": green_on,
            "/live.on)": live_on and not closed,
            "/pause.on)": closed == "pause",
            "/maintenance.on)": closed == "maintenance",
        }
        for step in [*self.server.children, *block.children]:
            inner = step.children if step.name == "if" and _is_true(step, values, there) else [step]
            for each in inner:
                if each.name == "set":
                    values[each.words[1][1:]] = each.words[2]
                if each.name == "return":
                    self._see_page(values, there)
                    return f"{each.words[1]}{values['bgd_reason']}"
                if each.name == "proxy_pass":
                    return re.sub(r"\$(\w+)", lambda match: values[match[1]], each.words[1])
        raise AssertionError(f"no answer in {block}")

    def _see_page(self, values: dict[str, str], there: Mapping[str, bool]) -> None:
        """What the location of the page adds to the reason."""
        for step in self.server.find("location", "@bgd_page").all("if"):
            assert values["bgd_gate"] or not any(there.values()) or step.words[2].startswith("$bgd_gate/")
            if values["bgd_gate"] and _is_true(step, values, there):
                (change,) = step.children
                values[change.words[1][1:]] = change.words[2]

    def _location(self, path: str) -> Directive:
        """As nginx chooses: an exact one, else the longest prefix."""
        places = [each for each in self.server.all("location") if not each.words[1].startswith("@")]
        for place in places:
            if place.words[1] == "=" and place.words[2] == path:
                return place
        prefixes = [each for each in places if each.words[1] != "=" and path.startswith(each.words[1])]
        return max(prefixes, key=lambda each: len(each.words[1]))


class Sites:
    """A configuration by listener and host."""

    def __init__(self, table: Table) -> None:
        self.main = parse(render(table).text)
        (self.http,) = self.main.all("http")

    def at(self, port: int, host: str = "") -> Site:
        """The server that nginx would choose."""
        servers = [s for s in self.http.all("server") if s.one("listen").split()[0] == str(port)]
        for names in (host, "*." + host.partition(".")[2]):
            for server in servers:
                if names in server.one("server_name").split():
                    return Site(server)
        (default,) = [s for s in servers if "default_server" in s.one("listen")]
        return Site(default)

    def public(
        self, host: str, path: str, *, green_on: bool = False, live_on: bool = True, closed: str = ""
    ) -> str:
        return self.at(8080, host).answer(path, green_on=green_on, live_on=live_on, closed=closed)

    def preview(
        self, host: str, path: str, *, green_on: bool = False, asks: str = "", closed: str = ""
    ) -> str:
        return self.at(8081, host).answer(path, green_on=green_on, asks=asks, closed=closed)
