"""A server that answers with what it was sent: request line, headers and body, as JSON.

It runs in a container without anything but Python's standard library.
"""

import asyncio
import json
import os

COLOR = os.environ.get("VERSION", "")
PORT = 8000


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection: any number of requests, with a body of a known length, in chunks, or without."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
            headers = [field.split(": ", 1) for field in fields]
            length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
            is_chunked = any(name.lower() == "transfer-encoding" for name, _ in headers)
            body = await chunks(reader) if is_chunked else await reader.readexactly(length)
            writer.write(response(line, headers, body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        pass
    finally:
        writer.close()


async def chunks(reader: asyncio.StreamReader) -> bytes:
    """The body of a request that has it in chunks; anything but a number for a size ends the connection."""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return body


def response(line: str, headers: list[list[str]], body: bytes) -> bytes:
    """200 with the mirror image; of `/status/N` that status, and of `/accel` nginx's own header."""
    target = line.split()[1]
    status = target.rpartition("/")[2] if target.startswith("/status/") else "200"
    extra = "X-Accel-Redirect: /elsewhere\r\n" if target == "/accel" else ""
    seen = {"version": COLOR, "line": line, "headers": headers, "body": body.decode("latin-1")}
    content = json.dumps(seen).encode()
    return (
        f"HTTP/1.1 {status} Mirrored\r\nContent-Type: application/json\r\nServer: mirror\r\n{extra}"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode() + content


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(answer, "0.0.0.0", PORT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
