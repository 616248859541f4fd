"""`bgctl check`: the report for people, the document for scripts, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bgd.cli.check import report
from bgd.cli.main import main
from bgd.cli.text import inked
from bgd.domain.plan import Caution, Plan, RoleOf
from bgd.domain.settings import Role, Route, Settings

CLEAR = """\
services:
  web:
    image: shop:1
    ports: ["8080:80"]
  db:
    image: postgres:16
x-bgd:
  health: {path: /up}
  smoke: [{get: /up}]
"""
UNCLEAR = "services:\n  vote: {image: 'a:1', ports: ['1:80']}\n  result: {image: 'b:1', ports: ['2:80']}\n"
WRONG = CLEAR + "  drain: soon\n  watch: maybe\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A Compose file in a directory called `shop`."""
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop" / "compose.yaml"


def check(file: Path, text: str, *options: str) -> int:
    """The exit code of `bgctl check` for this text."""
    file.write_text(text)
    return main(["check", str(file), *options])


def test_a_clear_file_is_reported_and_is_fine(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, CLEAR) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out == (
        f"shop  {file}\n"
        "\n"
        "  service  role     because\n"
        "  web      colored  it takes the requests: it publishes port 80, its name is web\n"
        "  db       shared   its image is postgres, a database\n"
        "\n"
        "  route     any host → web:80\n"
        "  changed   web: port 8080→80 isn't published: requests come through nginx\n"
        "\n"
        f"ready: bgctl add {file}\n"
    )


def test_a_shift_is_told_unless_both_colors_can_t_run(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shifting = CLEAR + "  shift: {steps: [5%, 25%, 100%], pause: 2m}\n"
    assert check(file, shifting) == 0
    assert (
        "  shift     5 %, 25 % of the visitors, 2m each and watched, then all of them\n"
        in capsys.readouterr().out
    )
    assert check(file, shifting + "  overlap: false\n") == 0
    assert "  shift     none: it takes both colours at once" in capsys.readouterr().out
    assert check(file, shifting, "--json") == 0
    assert json.loads(capsys.readouterr().out)["shift"] == {"steps": [5, 25, 100], "pause_s": 120.0}


def test_the_document_is_one_json_object(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, CLEAR, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["route"] == {"service": "web", "port": 80, "hosts": [], "path": "/"}
    assert document["questions"] == []


def test_open_questions_are_asked_with_the_lines_that_answer_them(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(file, UNCLEAR) == 2
    told = capsys.readouterr().out
    assert "choices   vote, result" in told
    assert "  answer    x-bgd:\n              route:\n                service: vote  # or result\n" in told
    assert told.endswith("1 question open: answer in the file, then check again\n")


def test_open_questions_are_in_the_document_and_the_exit_code(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(file, UNCLEAR, "--json") == 2
    (question,) = json.loads(capsys.readouterr().out)["questions"]
    assert (question["key"], question["choices"]) == ("route.service", ["vote", "result"])


def test_every_mistake_of_a_file_is_told_at_its_place(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, WRONG) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{file}:10:10: x-bgd.drain: 'soon' is no duration" in told.err
    assert f"{file}:11:10: x-bgd.watch: needs true or false" in told.err


def test_an_error_in_json_mode_is_json_on_stdout(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, WRONG, "--json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error.keys() == {"code", "message", "hint"}
    assert error["code"] == "invalid"
    assert error["message"].startswith(f"{file}:10:10:")


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "no.yaml")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_places_are_shown_as_the_file_was_named(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(WRONG)
    monkeypatch.chdir(file.parent)
    assert main(["check", "compose.yaml"]) == 2
    assert "error: compose.yaml:10:10:" in capsys.readouterr().err


def plan_of(**changes: object) -> Plan:
    """A plan with something of everything."""
    given: dict[str, object] = {
        "app": "shop",
        "settings": Settings(),
        "roles": {"web": RoleOf(Role.COLORED, "because " * 20), "a-long-name": RoleOf(Role.LIVE_ONLY, "so")},
        "route": Route("web", 80, ("a.example.com", "b.example.com"), "/shop"),
        "rewrites": ("web: one thing", "web: another thing " * 8),
        "warnings": (Caution("code", "web", "it will hurt " * 10, "mend it"),),
        "questions": (),
        **changes,
    }
    return Plan(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("columns", [56, 80, 100])
def test_no_line_is_longer_than_the_terminal_is_wide(columns: int) -> None:
    lines = [inked(line, False) for line in report(plan_of(), "compose.yaml", columns)]
    assert max(map(len, lines)) <= columns


def test_what_is_quoted_is_not_broken_by_the_end_of_a_line() -> None:
    fix = "name what is only answered well when the app works, if you can: `x-bgd: {health: {path: /up}}`"
    warned = plan_of(warnings=(Caution("no-health", "web", "it will hurt", fix),))
    lines = [inked(line, False) for line in report(warned, "compose.yaml", 80)]
    assert any("`x-bgd: {health: {path: /up}}`" in line for line in lines)
    assert any(line.endswith("if you can:") for line in lines)


def test_hosts_and_path_are_in_the_route() -> None:
    lines = [inked(line, False) for line in report(plan_of(), "compose.yaml", 100)]
    assert "  route     a.example.com, b.example.com below /shop → web:80" in lines


def answers(text: str) -> str:
    """The lines that a report gives as the answer, as they would be pasted."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("  answer"))
    end = lines.index("", begin)
    told = [line[12:] for line in lines[begin:end]]
    return "\n".join(line for line in told if not line.startswith("in the file's")) + "\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (UNCLEAR, "service: vote  # or result"),
        ("services: {web: {image: 'shop:1'}}\n", "port: 8080  # or where it listens"),
        ("services: {web: {image: 'shop:1', expose: [8000, 8001]}}\n", "port: 8000  # or 8001"),
        (UNCLEAR + "x-bgd:\n  watch: true\n", "service: vote  # or result"),
        (
            "services: {web: {image: 'shop:1'}}\nx-bgd:\n  watch: true\n",
            "port: 8080  # or where it listens",
        ),
    ],
)
def test_what_is_given_as_an_answer_is_one_when_pasted(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    assert check(file, text) == 2
    pasted = answers(capsys.readouterr().out)
    assert told in pasted
    assert check(file, text + pasted) == 0


def test_an_answer_keeps_what_the_file_says_about_the_route(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = "services: {web: {image: 'shop:1'}}\nx-bgd:\n"
    assert check(file, stated + "  route: {service: web, hosts: [a.example.com, '*.b.example.com']}\n") == 2
    pasted = answers(capsys.readouterr().out)
    assert check(file, stated + pasted) == 0
    told = capsys.readouterr().out
    assert "a.example.com, *.b.example.com → web:8080" in told


def test_many_warnings_of_a_kind_are_a_list_with_one_fix() -> None:
    unset = tuple(Caution("unset-variable", None, f"V{n} isn't set", f"set V{n}") for n in range(9))
    lines = [inked(line, False) for line in report(plan_of(warnings=unset), "compose.yaml", 100)]
    assert "  warnings  V0 isn't set" in lines
    assert "            and 3 more like these: --json has all" in lines
    assert "  fix       set V0; the others likewise" in lines
    assert lines[-1] == "ready, with 9 warnings: bgctl add compose.yaml"


def test_colours_are_put_in_only_when_asked_for() -> None:
    line = next(iter(report(plan_of(), "compose.yaml", 100)))
    assert "\x1b" not in inked(line, False)
    assert "\x1b" in inked(line, True)
