"""One server for all hosts: `python -m tests.internet.server WORLD LOG`. Its log is the witness of politeness.

It listens on every address of 127.0.0.0/8 at once, which takes one socket of the machine; who comes in on
another address is sent away before a byte is read. Connections are kept open for as long as nginx would.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from tests.internet.world import CRAWL_DELAY, SLOW, SOFT_404, World, number_of, page, report_path

_KEEP = 65.0


class Server:
    """Answers, and writes a line a request: seconds (monotonic), address, host's number, path, status."""

    def __init__(self, world: World, log: IO[str]) -> None:
        self._world = world
        self._log = log

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if writer.get_extra_info("sockname")[0].startswith("127."):
                while await self._answer(reader, writer):
                    pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _KEEP)
        at = time.monotonic()
        lines = head.decode("latin-1").split("\r\n")
        path = lines[0].split(" ")[1]
        host = next((line[5:].strip() for line in lines[1:] if line.lower().startswith("host:")), "")
        number = number_of(host.partition(":")[0])
        address = writer.get_extra_info("sockname")[0]
        if number is None or number >= self._world.hosts:
            self._note(at, address, -1, path, 421)
            return self._send(writer, 421, b"")
        temper = self._world.temper(number)
        if temper == "slow":
            await asyncio.sleep(SLOW)
        status, body, where = self._choose(number, temper, path)
        self._note(at, address, number, path, status)
        if temper == "silent":
            await reader.read()
            return False
        if temper == "cut" and path == report_path(number):
            self._send(writer, status, body, promised=len(body) * 2)
            await writer.drain()
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
            return False
        self._send(writer, status, body, where=where, text=path == "/robots.txt")
        await writer.drain()
        return True

    def _choose(self, number: int, temper: str, path: str) -> tuple[int, bytes, str]:
        if path == "/robots.txt":
            if temper == "shut":
                return 503, b"", ""
            return (200, f"User-agent: *\nCrawl-delay: {CRAWL_DELAY:g}\n".encode(), "") if temper == "patient" else (404, b"", "")
        if temper == "broken":
            return 500, b"", ""
        if temper == "looping":
            return 302, b"", "/b" if path != "/b" else "/a"
        if temper == "soft" and path == report_path(number):
            return 200, SOFT_404, ""
        body = page(number, path)
        return (404, b"<html><body>404 Not Found</body></html>", "") if body is None else (200, body, "")

    def _send(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, *, where: str = "", text: bool = False, promised: int = -1
    ) -> bool:
        kind = "text/plain" if text else "text/html; charset=utf-8"
        head = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Other'}", f"Content-Type: {kind}"]
        head.append(f"Content-Length: {len(body) if promised < 0 else promised}")
        if where:
            head.append(f"Location: {where}")
        writer.write("\r\n".join((*head, "", "")).encode() + body)
        return True

    def _note(self, at: float, address: str, number: int, path: str, status: int) -> None:
        self._log.write(f"{at:.4f} {address} {number} {path} {status}\n")


async def serve(world: World, log: IO[str]) -> None:
    """Answer until the process is ended, or whoever started it is gone."""
    server = await asyncio.start_server(Server(world, log).connected, "0.0.0.0", world.port, backlog=4096)
    async with server:
        while True:
            await asyncio.sleep(0.5)
            log.flush()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a", encoding="utf-8", buffering=1 << 20) as out, suppress(KeyboardInterrupt):
        asyncio.run(serve(World.load(Path(sys.argv[1])), out))
