"""`bgctl init`: what it writes into a file, what it leaves as it is, and when it doesn't write at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.bgctl import bgctl, on_terminal, run

SHOP = """\
# The shop.
services:
  web:   # the front
    image: shop:1
    ports: ["8080:3000"]

  db:
    image: postgres:16   # pinned
    volumes: [data:/var/lib/postgresql/data]
  worker: {image: shop:1, command: celery -A shop worker}

volumes:
  data:
"""
BLOCK = """
# How bgd runs this app: blue and green, side by side. What has no role here has a copy in each.
x-bgd:
  route:
    service: web
    port: 3000
  roles:
    db: shared
    worker: live-only
  # What tells a good release from a bad one. Without, any answer of GET / below 500 does:
  # health: {path: /up}
  # smoke:
  #   - get: /
  #     contains: Welcome
"""
OPEN = "services:\n  alpha: {image: a, ports: ['8000:8000']}\n  beta: {image: b, ports: ['9000:9000']}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A Compose file in a directory `shop`."""
    directory = tmp_path / "shop"
    directory.mkdir()
    path = directory / "compose.yaml"
    path.write_text(SHOP)
    return path


def bare(text: str) -> str:
    """The text without the reasons that stand beside what is inferred: they aren't this test's matter."""
    return re.sub(r"^( +(?:service|port|db|worker): [\w-]+) +# [^\r\n]+", r"\1", text, flags=re.MULTILINE)


def beside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_the_block_is_put_below_a_file_that_has_none(file: Path) -> None:
    told = bgctl(None, "init", str(file))
    assert told.code == 0
    assert bare(file.read_text()) == SHOP + BLOCK
    assert "    worker: live-only  # its command is a Celery worker\n" in told.out
    assert "    db: shared         # its image is postgres, a database\n" in file.read_text()
    assert beside(file) == ["compose.yaml"]


def test_what_was_written_makes_the_same_plan_and_nothing_more_to_write(file: Path) -> None:
    before = bgctl(None, "check", str(file), "--json").document
    bgctl(None, "init", str(file))
    after = bgctl(None, "check", str(file), "--json").document
    assert after["route"] == before["route"]
    assert {k: v["role"] for k, v in after["services"].items()} == {
        k: v["role"] for k, v in before["services"].items()
    }
    again = bgctl(None, "init", str(file))
    assert (again.code, again.out) == (0, f"✓ {file} says it all already: nothing was written\n")
    assert bare(file.read_text()) == SHOP + BLOCK


@pytest.mark.parametrize(
    ("block", "becomes"),
    [
        (
            "x-bgd:\n  watch: true  # on\n\nvolumes: {data: }\n",
            "x-bgd:\n  watch: true  # on\n  route:\n"
            "    service: web\n"
            "    port: 3000\n"
            "  roles:\n    db: shared\n"
            "    worker: live-only\n\nvolumes: {data: }\n",
        ),
        (
            "x-bgd:\n    route:\n        hosts: [a.b]\n    roles:\n        db: shared\n    # end\n",
            "x-bgd:\n    route:\n        hosts: [a.b]\n"
            "        service: web\n"
            "        port: 3000\n"
            "    roles:\n        db: shared\n"
            "        worker: live-only\n    # end\n",
        ),
        (
            "x-bgd: {watch: true, route: {service: web}}\n",
            "x-bgd: {roles: {db: shared, worker: live-only}, watch: true, "
            "route: {port: 3000, service: web}}\n",
        ),
        (
            "x-bgd:\n  route: {}\n  roles: {worker: live-only}",
            "x-bgd:\n  route: {service: web, port: 3000}\n  roles: {db: shared, worker: live-only}",
        ),
        (
            "x-bgd:\n  route: {service: web, port: 3000}\n  smoke:\n    - run: |\n        true\n\n"
            "  # about what is below\n\nx-more: 1\n",
            "x-bgd:\n  route: {service: web, port: 3000}\n  smoke:\n    - run: |\n        true\n"
            "  roles:\n    db: shared\n    worker: live-only\n\n  # about what is below\n\nx-more: 1\n",
        ),
        (
            "x-bgd:\n  route: {service: web, port: 3000}\n  smoke: [{get: /, body: 'a\n    b'}]\nx-more: 1",
            "x-bgd:\n  route: {service: web, port: 3000}\n  smoke: [{get: /, body: 'a\n    b'}]\n"
            "  roles:\n    db: shared\n    worker: live-only\nx-more: 1",
        ),
        (
            "x-bgd:\n  route:\n    service: web\n    port:\n      3000",
            "x-bgd:\n  route:\n    service: web\n    port:\n      3000\n"
            "  roles:\n    db: shared\n    worker: live-only\n",
        ),
        (
            "x-bgd:\n",
            "x-bgd:\n  route:\n    service: web\n"
            "    port: 3000\n"
            "  roles:\n    db: shared\n"
            "    worker: live-only\n",
        ),
        (
            "x-bgd:\n  smoke:\n    - run: |\n        true\n\n  route: {service: web, port: 3000}\n"
            "  hooks:\n    after_switch:\n      - |\n        echo done\n",
            "x-bgd:\n  smoke:\n    - run: |\n        true\n\n  route: {service: web, port: 3000}\n"
            "  hooks:\n    after_switch:\n      - |\n        echo done\n"
            "  roles:\n    db: shared\n"
            "    worker: live-only\n",
        ),
    ],
)
def test_a_block_that_is_there_gets_only_what_it_lacks(file: Path, block: str, becomes: str) -> None:
    services = SHOP[: SHOP.index("volumes:\n")]
    rest = "" if "volumes:" in block else "volumes: {data: }\n"
    file.write_text(rest + services + block)
    assert bgctl(None, "init", str(file)).code == 0
    assert bare(file.read_text()) == rest + services + becomes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (SHOP.replace("\n", "\r\n"), (SHOP + BLOCK).replace("\n", "\r\n")),
        (SHOP.rstrip("\n"), SHOP + BLOCK),
        ("\ufeff" + SHOP, "\ufeff" + SHOP + BLOCK),
        (SHOP + "\n", SHOP + BLOCK),
        ("---\n" + SHOP, "---\n" + SHOP + BLOCK),
        (SHOP + "# ünïcode 🚀\n", SHOP + "# ünïcode 🚀\n" + BLOCK),
    ],
    ids=["crlf", "no-final-newline", "bom", "blank-line", "document-mark", "unicode"],
)
def test_bytes_that_are_there_stay(file: Path, given: str, expected: str) -> None:
    file.write_bytes(given.encode())
    assert bgctl(None, "init", str(file)).code == 0
    assert bare(file.read_bytes().decode()) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"services": {"web": {"image": "shop:1", "ports": ["8080:3000"]}}}',
        "services: {web: {image: 'shop:1', ports: ['8080:3000']}}\n...\n",
        "services: {web: {image: 'shop:1', ports: ['8080:3000']}}\n---\nname: shop\n",
        "x-a: &a {watch: true}\nx-bgd: *a\nservices: {web: {image: 'shop:1', ports: ['8080:3000']}}\n",
        "services: {web: {image: 'shop:1', ports: ['8080:3000']}}\nx-note: |+\n  text\n",
    ],
    ids=["json", "end-mark", "two-documents", "alias", "text-to-the-end"],
)
def test_a_file_without_a_place_for_lines_is_left_and_the_block_is_told(file: Path, text: str) -> None:
    file.write_text(text)
    told = bgctl(None, "init", str(file))
    assert told.code == 2
    assert "nothing was written" in told.err
    assert "    service: web" in told.err
    assert file.read_text() == text
    assert beside(file) == ["compose.yaml"]


def test_a_link_stays_a_link_and_mode_and_owner_are_kept(file: Path) -> None:
    real = file.with_name("v7.yaml")
    file.rename(real)
    file.symlink_to("v7.yaml")
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 1234, 4321)
    before = real.stat()
    assert bgctl(None, "init", str(file)).code == 0
    assert file.is_symlink()
    after = real.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert bare(real.read_text()) == SHOP + BLOCK


def test_names_that_yaml_would_take_for_something_else_are_quoted(file: Path) -> None:
    file.write_text("services:\n  web: {image: a, ports: ['80:80']}\n  'no': {image: 'redis:7'}\n")
    assert bgctl(None, "init", str(file)).code == 0
    assert '    "no": shared  # ' in file.read_text()


def test_an_open_question_is_an_error_with_its_choices_where_nobody_can_be_asked(file: Path) -> None:
    file.write_text(OPEN)
    told = run(None, "init", str(file))
    assert told.code == 2
    assert "route.service: which service takes the requests?" in told.err
    assert "alpha" in told.err
    assert "beta" in told.err
    assert file.read_text() == OPEN


def test_an_open_question_is_asked_on_a_terminal_until_the_answer_is_one(file: Path) -> None:
    file.write_text(OPEN)
    with on_terminal(None, "init", str(file), columns=120) as terminal:
        terminal.read_until("number or name:")
        terminal.type("7\n")
        terminal.read_until("a number from 1 to 2")
        terminal.type("beta\n")
        assert terminal.read_to_end() == 0
    assert "    service: beta" in file.read_text()
    assert "    port: 9000" in file.read_text()


def test_an_answer_that_never_comes_writes_nothing(file: Path) -> None:
    file.write_text(OPEN)
    with on_terminal(None, "init", str(file)) as terminal:
        terminal.read_until("number or name:")
        terminal.type("\x04")
        assert terminal.read_to_end() == 2
    assert file.read_text() == OPEN


def test_json_tells_what_was_written(file: Path) -> None:
    told = bgctl(None, "init", str(file), "--json").document
    assert (told["file"], told["changed"]) == (str(file), True)
    assert bare(told["written"]) == BLOCK.strip("\n")
    assert told["check"]["route"]["service"] == "web"
    assert bgctl(None, "init", str(file), "--json").document["changed"] is False


def test_files_that_override_are_planned_with_and_not_written(file: Path) -> None:
    prod = file.with_name("prod.yaml")
    prod.write_text("services: {cache: {image: 'redis:7'}}\n")
    assert bgctl(None, "init", str(file), str(prod)).code == 0
    assert "    cache: shared" in file.read_text()
    assert prod.read_text() == "services: {cache: {image: 'redis:7'}}\n"
