"""Forwards a socket to an engine's: a connection that a test can cut by ending this program.

python forwarder.py NEW-SOCKET ENGINE-SOCKET
"""

from __future__ import annotations

import asyncio
import sys


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


async def main() -> None:
    new, engine = sys.argv[1:]

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(engine)
        await asyncio.gather(pour(reader, engine_writer), pour(engine_reader, writer))

    server = await asyncio.start_unix_server(forward, new)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
