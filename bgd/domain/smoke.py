"""The verdict on a smoke check's answer: what was expected, and what came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from bgd.domain.duration import show_duration
from bgd.domain.probe import Answer, Verdict, excerpt
from bgd.domain.settings import HttpSmoke

_MISSING = object()


def judge(check: HttpSmoke, answer: Answer) -> Verdict:
    """Whether `answer` is what `check` expects; the reason names what was expected and what came.

    A wrong status ends it: the body of an error page says nothing about the rest.
    """
    if answer.status == 0:
        return Verdict(False, f"no answer: {answer.error}")
    if not _is_expected(check, answer.status):
        came = f": {excerpt(answer.body)}" if answer.body.strip() else ""
        return Verdict(False, f"answered {answer.status}, expected {_expected_status(check)}{came}")
    if answer.error:
        return Verdict(False, f"answered {answer.status}, but {answer.error}")
    faults = [*_body_faults(check, answer), *_time_faults(check, answer)]
    if faults:
        return Verdict(False, "; ".join(faults))
    return Verdict(True, f"answered {answer.status} in {answer.took_ms:.0f} ms")


def _is_expected(check: HttpSmoke, status: int) -> bool:
    return status in check.status if check.status else status < 400


def _expected_status(check: HttpSmoke) -> str:
    return " or ".join(map(str, check.status)) if check.status else "below 400"


def _time_faults(check: HttpSmoke, answer: Answer) -> Iterator[str]:
    if answer.took_ms > check.within_s * 1000:
        yield f"took {answer.took_ms:.0f} ms, expected within {show_duration(check.within_s)}"


def _body_faults(check: HttpSmoke, answer: Answer) -> Iterator[str]:
    came = f"got {excerpt(answer.body)}" if answer.body.strip() else "got an empty body"
    if answer.is_cut:
        came += " (and more, which isn't read)"
    if check.contains is not None and check.contains not in answer.body:
        yield f"expected {check.contains!r} in the body, {came}"
    if check.matches is not None and not re.search(check.matches, answer.body, re.MULTILINE):
        yield f"expected a match of {check.matches!r} in the body, {came}"
    if check.json:
        yield from _json_faults(check.json, answer, came)


def _json_faults(expected: Mapping[str, object], answer: Answer, came: str) -> Iterator[str]:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        yield f"expected JSON, {came}"
        return
    for path, wanted in expected.items():
        found = _at(document, path)
        if found is _MISSING:
            yield f"expected {path} = {_shown(wanted)}, there is no {path}: {came}"
        elif not _is_same(wanted, found):
            yield f"expected {path} = {_shown(wanted)}, got {_shown(found)}"


def _at(document: object, path: str) -> object:
    """The value at a dotted path; a key that has dots itself is found too."""
    if isinstance(document, dict) and path in document:
        return document[path]
    head, _, rest = path.partition(".")
    below: object = _MISSING
    if isinstance(document, dict):
        below = document.get(head, _MISSING)
    elif isinstance(document, list) and head.isdecimal() and int(head) < len(document):
        below = document[int(head)]
    return _at(below, rest) if rest and below is not _MISSING else below


def _is_same(wanted: object, found: object) -> bool:
    """Equal as JSON: in Python `True == 1`, in JSON it isn't."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_is_same, wanted, found))
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(_is_same(wanted[key], found[key]) for key in wanted)
    return wanted == found


def _shown(value: object) -> str:
    return excerpt(json.dumps(value, ensure_ascii=False, default=str))
