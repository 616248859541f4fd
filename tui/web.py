"""The same UI in a browser: a process of it for each window, behind a secret address on loopback.

textual-serve draws a process's screen in a page and asks nobody who they are, and whoever reaches it can do
what the operator can. So it listens on 127.0.0.1 alone, stands below a path that nobody can guess, answers
only to its own name (a page elsewhere may have a name that points here) and only to its own page.
"""

from __future__ import annotations

import hmac
import re
import secrets
import shlex
import socket
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from aiohttp import web
from textual_serve.server import Server

HOST = "127.0.0.1"
TOKEN_BYTES = 32
END_WITHIN_S = 2.0
_FONT = re.compile(r"<link[^>]*fonts\.googleapis\.com[^>]*>")
_FOCUS = """<script>
new MutationObserver((_, self) => {
  if (!document.body.classList.contains("-first-byte")) return;  // it isn't connected yet
  self.disconnect();
  document.querySelector(".xterm-helper-textarea").focus();
}).observe(document.body, {attributes: true});
</script>"""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Pages(Server):
    """The pages of textual-serve, without its greeting."""

    async def application(self) -> web.Application:
        """Its routes."""
        return await self._make_app()

    async def handle_index(self, request: web.Request) -> web.Response:
        """Its page, without a font from elsewhere, and with the keys on the screen from the first moment."""
        page = await super().handle_index(request)
        assert isinstance(page, web.Response)  # what its template makes of the answer
        page.text = _FONT.sub("", page.text or "").replace("</body>", f"{_FOCUS}</body>")
        return page

    async def on_startup(self, app: web.Application) -> None:
        """The address is printed by whoever starts it."""


def guarded(pages: web.Application, token: str, port: int) -> web.Application:
    """The pages below `/TOKEN/`, and nothing for whoever doesn't know it."""
    names = {f"{HOST}:{port}", f"localhost:{port}"}
    policy = (
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data:; font-src 'self'; connect-src 'self' ws://{HOST}:{port}; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.path.split("/")[1]
        origin = request.headers.get("Origin")
        is_known = hmac.compare_digest(given.encode(), token.encode())
        is_own = origin is None or origin in {f"http://{name}" for name in names}
        if not (is_known and is_own and request.host in names):
            return web.Response(status=HTTPStatus.FORBIDDEN, text="the address is the one that was printed\n")
        return await handler(request)

    async def seal(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"

    app = web.Application(middlewares=[guard])
    app.on_response_prepare.append(seal)
    app.add_subapp(f"/{token}", pages)
    return app


def serve(command: Sequence[str], port: int, tell: Callable[[str], object]) -> None:
    """Serve `command` until a signal; `tell` gets the address. Port 0 is any that is free.

    Raises `OSError` where the port is taken.
    """
    listening = socket.create_server((HOST, port))
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(TOKEN_BYTES)
    server = _Pages(shlex.join(command), host=HOST, port=port, title="bgd")

    async def made() -> web.Application:
        return guarded(await server.application(), token, port)

    tell(f"http://{HOST}:{port}/{token}/")
    web.run_app(made(), sock=listening, print=None, shutdown_timeout=END_WITHIN_S)
