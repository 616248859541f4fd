"""One HTTP/1.1 connection: requests one after the other, for as long as both sides want.

`h11` knows the protocol; this moves its bytes.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from http import HTTPStatus

import h11

from shop.exchange import BadRequest, Handler, Request, Response
from shop.websocket import Echo

IDLE_TIMEOUT_S = 75.0
"""Longer than the 60 s after which nginx closes an idle connection, so that it is never this side."""
READ_TIMEOUT_S = 60.0
WRITE_TIMEOUT_S = 60.0
CHUNK = 65536


class Connection:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handler: Handler,
        echo: Echo,
        stopping: asyncio.Event,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._handler, self._echo, self._stopping = handler, echo, stopping
        self._http = h11.Connection(h11.SERVER)
        self._is_idle = True

    async def run(self) -> None:
        """Serve requests until one side closes."""
        try:
            # A client that is gone, silent for too long (a `TimeoutError` is an `OSError`) or doesn't
            # speak HTTP is no error of the shop's, and nobody is left to be told of it.
            with suppress(OSError, h11.RemoteProtocolError):
                while await self._serve_one():
                    self._http.start_next_cycle()
        finally:
            self._writer.close()

    def close_if_idle(self) -> None:
        """Close the connection where it is between two requests; the wait for the next one ends."""
        if self._is_idle:
            self._writer.close()

    async def _serve_one(self) -> bool:
        """Read and answer one request; returns whether another may follow."""
        self._is_idle = True
        try:
            head = await self._next_event(IDLE_TIMEOUT_S)
        except h11.RemoteProtocolError as error:
            await self._send(Response(error.error_status_hint, body=f"{error}\n".encode()), "GET")
            raise
        self._is_idle = False
        if not isinstance(head, h11.Request):
            return False
        request = Request(
            head.method.decode(),
            head.target.decode("latin-1"),
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers),
            self._body(),
        )
        if self._echo.wants(request):
            await self._echo.converse(request, self._http.trailing_data[0], self._reader, self._writer)
            return False
        await self._send(await self._answer(request), request.method)
        async for _ in request.body:
            continue  # what the handler left unread, so that the next request starts where it should
        both_are_done = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        return both_are_done and not self._stopping.is_set()

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        except BadRequest as error:
            return Response(400, body=f"{error}\n".encode())
        except (OSError, h11.RemoteProtocolError):
            raise  # the client's connection broke while its body was read
        except Exception:  # noqa: BLE001 -- one request's failure must not be the others'
            traceback.print_exc()
            return Response(500, body=b"internal error\n")

    async def _send(self, response: Response, method: str) -> None:
        headers = {"content-type": response.content_type, **response.headers}
        if isinstance(response.body, bytes):
            headers["content-length"] = str(len(response.body))
        if self._stopping.is_set():
            headers["connection"] = "close"
        reason = HTTPStatus(response.status).phrase
        head = h11.Response(
            status_code=response.status, headers=list(headers.items()), reason=reason.encode()
        )
        await self._write(head)
        if method != "HEAD":
            if isinstance(response.body, bytes):
                await self._write(h11.Data(data=response.body))
            else:
                async with aclosing(response.body) as pieces:
                    async for piece in pieces:
                        await self._write(h11.Data(data=piece))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            await self._writer.drain()

    async def _body(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next_event(READ_TIMEOUT_S), h11.Data):
            yield bytes(event.data)

    async def _next_event(self, timeout_s: float) -> object:
        """An `h11.Event`, or `h11.PAUSED`."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            async with asyncio.timeout(timeout_s):
                self._http.receive_data(await self._reader.read(CHUNK))
        return event
