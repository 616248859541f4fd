"""Verdicts on the answers to smoke checks and to the health check."""

from __future__ import annotations

import pytest

from bgd.domain.probe import EXCERPT_CHARS, Answer, judge_health
from bgd.domain.settings import HealthCheck, HttpSmoke
from bgd.domain.smoke import judge


def check(**expected: object) -> HttpSmoke:
    """A check of `/up` that expects this."""
    return HttpSmoke("GET", "/up", **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (check(), Answer(200)),
        (check(), Answer(399)),
        (check(status=(404, 410)), Answer(410)),
        (check(contains="ok"), Answer(200, "all is ok\n")),
        (check(matches="^done$"), Answer(200, "begun\ndone\n")),
        (check(json={"status": "ok"}), Answer(200, '{"status": "ok"}')),
        (check(json={"items.0.name": "a", "items.1": 2.0}), Answer(200, '{"items": [{"name": "a"}, 2]}')),
        (check(json={"a.b": 1}), Answer(200, '{"a.b": 1, "a": {"b": 2}}')),
        (check(json={"a": None, "b": [1, {"c": True}]}), Answer(200, '{"a": null, "b": [1, {"c": true}]}')),
        (check(json={"0": "first"}), Answer(200, '["first"]')),
        (check(within_s=0.5), Answer(200, took_ms=500.0)),
    ],
)
def test_an_answer_as_expected_passes(given: HttpSmoke, answer: Answer) -> None:
    verdict = judge(given, answer)
    assert verdict.passed, verdict.reason


@pytest.mark.parametrize(
    ("given", "answer", "said"),
    [
        (check(), Answer(0, error="connection refused"), "no answer: connection refused"),
        (check(), Answer(400), "answered 400, expected below 400"),
        (check(status=(200, 204)), Answer(302), "answered 302, expected 200 or 204"),
        (
            check(contains="x"),
            Answer(500, "<h1>boom</h1>\n\n at 3"),
            "expected below 400: <h1>boom</h1> at 3",
        ),
        (check(contains="ok"), Answer(200, "no"), "expected 'ok' in the body, got no"),
        (check(contains="ok"), Answer(200, ""), "expected 'ok' in the body, got an empty body"),
        (check(contains="ok"), Answer(200, "x" * 9, is_cut=True), "(and more, which isn't read)"),
        (check(matches="^a$"), Answer(200, "b"), "expected a match of '^a$' in the body, got b"),
        (check(json={"a": 1}), Answer(200, "<html>"), "expected JSON, got <html>"),
        (check(json={"a": 1}), Answer(200, '{"a": "1"}'), 'expected a = 1, got "1"'),
        (check(json={"a": True}), Answer(200, '{"a": 1}'), "expected a = true, got 1"),
        (check(json={"a": [1]}), Answer(200, '{"a": [1, 2]}'), "expected a = [1], got [1, 2]"),
        (check(json={"a.b.c": 1}), Answer(200, '{"a": {"b": 3}}'), "there is no a.b.c: got"),
        (check(json={"a.9": 1}), Answer(200, '{"a": []}'), "there is no a.9"),
        (check(within_s=0.5), Answer(200, took_ms=501.0), "took 501 ms, expected within 500ms"),
        (check(), Answer(200, error="the answer broke off"), "answered 200, but the answer broke off"),
    ],
)
def test_what_was_expected_and_what_came_are_told(given: HttpSmoke, answer: Answer, said: str) -> None:
    verdict = judge(given, answer)
    assert not verdict.passed
    assert said in verdict.reason
    assert "\n" not in verdict.reason


def test_everything_that_is_wrong_with_a_body_is_told_at_once() -> None:
    verdict = judge(check(contains="a", matches="b", within_s=0.1), Answer(200, "c", took_ms=300.0))
    assert verdict.reason.count("; ") == 2


def test_after_a_wrong_status_the_body_is_shown_and_not_judged() -> None:
    verdict = judge(check(contains="ok", json={"a": 1}), Answer(503, "down"))
    assert verdict.reason == "answered 503, expected below 400: down"


def test_a_long_body_is_shown_by_its_beginning() -> None:
    verdict = judge(check(contains="ok"), Answer(200, "x" * 100_000))
    assert len(verdict.reason) < EXCERPT_CHARS + 100


def test_json_that_is_nested_too_deeply_is_no_json() -> None:
    assert not judge(check(json={"a": 1}), Answer(200, "[" * 60_000)).passed


@pytest.mark.parametrize(
    ("status", "stated", "passed"), [(404, False, True), (404, True, False), (500, False, False)]
)
def test_a_stated_health_check_means_its_answer(status: int, stated: bool, passed: bool) -> None:
    assert judge_health(HealthCheck(stated=stated), Answer(status)).passed is passed


def test_an_answer_that_broke_off_is_not_healthy() -> None:
    assert not judge_health(HealthCheck(), Answer(200, "half", error="the answer broke off")).passed
