"""What the tests' apps run: an HTTP server whose version and faults come from its environment.

It is mounted into containers of the demo's image, so it has the standard library alone.
"""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ.get("VERSION", "1")
FAULT = os.environ.get("FAULT", "")


class Handler(BaseHTTPRequestHandler):
    """Answers with its version."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """`/up` is the health, `/pay` the business, anything else the version."""
        failing = (self.path == "/up" and FAULT == "sick") or (self.path == "/pay" and FAULT == "broke")
        body = f"no money in {VERSION}" if failing else VERSION
        self.send_response(500 if failing else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
        """Say it on stdout, with the version."""
        sys.stdout.write(f"{VERSION} {format % args}\n")
        sys.stdout.flush()


def main() -> None:
    """Serve until SIGTERM, or have the fault that was asked for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"version {VERSION} starts with password {os.environ.get('PASSWORD', '')}\n")
    sys.stdout.flush()
    if FAULT == "crash":
        sys.stderr.write("cannot go on\n")
        sys.exit(3)
    if FAULT == "deaf":
        time.sleep(3600)
    ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()


if __name__ == "__main__":
    main()
