"""The API against its own OpenAPI document: requests that keep to it, and requests that don't."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from bgd.api.service import openapi
from tests.hostile.door import Door

log = logging.getLogger(__name__)

EXAMPLES = 15
"""Of each kind for each verb."""
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


class Fuzzer:
    """Sends what schemathesis makes up, and counts."""

    def __init__(self, socket: Path) -> None:
        self.client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://bgd", timeout=20
        )
        self.counts: Counter[int] = Counter()

    def run(self) -> None:
        """All verbs, by the document and against it."""
        schema = schemathesis.openapi.from_dict(openapi())
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._run(operation, mode)

    def _run(self, operation: Any, mode: GenerationMode) -> None:
        try:
            cases = operation.as_strategy(generation_mode=mode)
            self._send_all(cases)
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # what takes nothing can't be given anything wrong
        except BaseException as error:
            error.add_note(f"{operation.method.upper()} {operation.path}, {mode}")
            raise

    def _send_all(self, cases: Any) -> None:
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, is_there=st.booleans())
        def send(case: Any, is_there: bool) -> None:
            if is_there and "app" in case.path_parameters:
                case.path_parameters["app"] = "shop"
            self._send(case)

        send()

    def _send(self, case: Any) -> None:
        wanted = case.as_transport_kwargs(base_url="http://bgd")
        content = wanted.get("data")
        request = self.client.build_request(
            wanted["method"],
            wanted["url"],
            params=wanted.get("params"),
            headers={k: v for k, v in dict(wanted["headers"]).items() if isinstance(v, str)},
            **({"json": wanted["json"]} if "json" in wanted else {"content": content} if content else {}),
        )
        answer = self.client.send(request, stream=True)
        try:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                assert answer.status_code == 200
            else:
                answer.read()
                case.validate_response(answer, checks=CHECKS)
        finally:
            answer.close()
        self.counts[answer.status_code] += 1
        if wanted["method"] == "DELETE" and answer.is_success:
            self.client.post("/v1/apps", json={"file": "/srv/shop/compose.yaml"}).raise_for_status()


async def test_no_request_by_the_document_or_against_it_breaks_the_daemon(door: Door) -> None:
    fuzzer = Fuzzer(door.path)
    try:
        await asyncio.to_thread(fuzzer.run)
    finally:
        fuzzer.client.close()
    log.info("answers by status: %s", dict(fuzzer.counts))
    assert fuzzer.counts.total() > 400
    assert {200, 202, 404, 409, 422} <= fuzzer.counts.keys(), "some were good and some weren't"
    assert await door.is_well()
