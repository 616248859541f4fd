"""A redis client that is as large as the shop needs it: commands and replies of RESP 2, one at a time."""

import asyncio

COMMAND_TIMEOUT_S = 2.0

Reply = str | int | None | list["Reply"]


class RedisError(Exception):
    """Redis can't be reached, didn't answer in time, or refused the command."""


class Redis:
    """One connection, made when it is first needed and again after it broke."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def command(self, *words: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Reply:
        """Send a command and return its reply.

        Raises `RedisError`; where the connection broke, the next call makes a new one.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._exchange(words)
            except (OSError, EOFError, ValueError) as error:
                self.close()
                raise RedisError(f"{words[0]}: {error or type(error).__name__}") from error
            except asyncio.CancelledError:
                # The reply is still to come: nobody else may read it as theirs.
                self.close()
                raise

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, words: tuple[str, ...]) -> Reply:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(_encode(words))
        await writer.drain()
        return await _read_reply(reader)


def _encode(words: tuple[str, ...]) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        data = word.encode()
        parts += [f"${len(data)}\r\n".encode(), data, b"\r\n"]
    return b"".join(parts)


async def _read_reply(reader: asyncio.StreamReader) -> Reply:
    line = (await reader.readuntil(b"\r\n"))[:-2].decode()
    kind, rest = line[:1], line[1:]
    if kind == "+":
        return rest
    if kind == "-":
        raise RedisError(rest)
    if kind == ":":
        return int(rest)
    if kind == "$":
        return None if rest == "-1" else (await reader.readexactly(int(rest) + 2))[:-2].decode()
    if kind == "*":
        return None if rest == "-1" else [await _read_reply(reader) for _ in range(int(rest))]
    raise ValueError(f"a reply that is not RESP: {line[:40]!r}")
