"""What a checker of nginx configurations says of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bgd.domain.color import Color
from bgd.domain.nginx_config import render
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes

INHERENT = {
    # The rewrite module runs `set` and `return` in the order in which they stand, in a location's `if` too;
    # it is other modules' directives that surprise there. The gate is such an `if`, and has to be one.
    ("if_is_evil", 'Directive "set" is not safe to use in "if in location" context'),
}


def line(app: str, live: Color | None, *hosts: str, path: str = "/") -> AppRoutes:
    """An app's line of the table; the two colours have ports of their own."""
    routes = {c: Route("web", 8000 + n, hosts, path) for n, c in enumerate(Color)}
    return AppRoutes(app, live, routes)


TABLES = {
    "nothing": (),
    "one app on every host": (line("shop", Color.BLUE),),
    "several apps, hosts and paths": (
        line("shop", Color.BLUE, "shop.example.com", "www.shop.example.com"),
        line("api", Color.GREEN, "shop.example.com", path="/api"),
        line("wild", Color.BLUE, "*.example.org"),
        line("new", None, "new.example.com"),
        line("rest", Color.GREEN),
        line("sub", Color.BLUE, path="/sub/of/it"),
    ),
    "visitors that move by and by": (
        replace(line("shop", Color.BLUE), assets=("/static",), shifts=True),
        replace(line("api", Color.GREEN, "api.example.com", path="/api"), shifts=True),
    ),
    "files of both colours": (replace(line("shop", Color.BLUE), assets=("/static", "/media")),),
}


def test_the_checker_finds_nothing_in_any_configuration(tmp_path: Path) -> None:
    for name, table in TABLES.items():
        file = tmp_path / "nginx.conf"
        file.write_text(render(table).text)
        gixy = Path(sys.executable).with_name("gixy")
        done = subprocess.run(
            [str(gixy), "--format", "json", str(file)], capture_output=True, text=True, check=False
        )
        found = {(each["plugin"], each["reason"]) for each in json.loads(done.stdout)}
        assert found <= INHERENT, name


def test_the_checker_sees_what_is_there_to_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    hole = "location /hole { proxy_pass http://$arg_to/; }"
    text = render(TABLES["one app on every host"]).text
    file.write_text(text.replace("location @bgd_page {", f"{hole}\n    location @bgd_page {{", 1))
    gixy = Path(sys.executable).with_name("gixy")
    done = subprocess.run(
        [str(gixy), "--format", "json", str(file)], capture_output=True, text=True, check=False
    )
    assert "ssrf" in {each["plugin"] for each in json.loads(done.stdout)}
