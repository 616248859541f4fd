"""What the tests' apps run: an HTTP server whose version and faults come from its environment.

It is mounted into containers of the demo's image, so it has the standard library alone.
"""

import fcntl
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = os.environ.get("VERSION", "1")
FAULT = os.environ.get("FAULT", "")
DATA = os.environ.get("DATA", "")
KEY = os.environ.get("KEY", "")
SCHEMA = os.environ.get("SCHEMA", "")


SLOW_S = 0.7


class Handler(BaseHTTPRequestHandler):
    """Answers with its version."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """`/up` is the health, `/pay` the business, `/slow` takes a while; `/crash` and `/eat` end it."""
        if self.path == "/crash":
            os._exit(3)
        if self.path == "/eat":
            eaten = []
            while True:
                eaten.append(bytearray(os.urandom(1 << 20)))
        if self.path == "/slow":
            time.sleep(SLOW_S)
        if self.path == "/me" and self.headers.get("Cookie") != f"key={KEY}":
            self.answer(401, "who are you?")
            return
        if self.path.startswith("/static/"):
            file, _, how = self.path.partition("?")
            if file != f"/static/app.{VERSION}.js":
                self.answer(404, f"{VERSION} has no {file}")
                return
            self.answer(200, VERSION, pause_s=SLOW_S if how == "slowly" else 0)
            return
        broken = SCHEMA and self.path == "/pay" and Path(SCHEMA).read_text() > VERSION
        failing = broken or (self.path, FAULT) in {("/up", "sick"), ("/pay", "broke")}
        body = f"no money in {VERSION}" if failing else VERSION
        self.answer(500 if failing else 200, body)

    def do_POST(self) -> None:
        """Anybody may log in."""
        self.answer(200, "welcome", cookie=f"key={KEY}; HttpOnly; Path=/")

    def answer(self, status: int, body: str, cookie: str = "", pause_s: float = 0) -> None:
        """Answer so, with a pause before the body."""
        self.send_response(status)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        time.sleep(pause_s)
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
        """Say it on stdout, with the version."""
        sys.stdout.write(f"{VERSION} {format % args}\n")
        sys.stdout.flush()


class Server(ThreadingHTTPServer):
    """With a queue as real servers have: of more than 5 at once some would wait for many seconds."""

    request_queue_size = 512


def is_only_writer() -> bool:
    """Take the data for this process until its end; what SQLite would break of, this says."""
    handle = os.open(Path(DATA) / "lock", os.O_WRONLY | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main() -> None:
    """Serve until SIGTERM, or have the fault that was asked for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"version {VERSION} starts with password {os.environ.get('PASSWORD', '')}\n")
    sys.stdout.flush()
    if DATA and not is_only_writer():
        sys.stderr.write("somebody else writes here\n")
        sys.exit(4)
    if FAULT == "crash":
        sys.stderr.write("cannot go on\n")
        sys.exit(3)
    if FAULT == "deaf":
        time.sleep(3600)
    Server(("0.0.0.0", 8000), Handler).serve_forever()


if __name__ == "__main__":
    main()
