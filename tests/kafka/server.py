# SPDX-License-Identifier: MIT
"""server.py - a server of a test: an event loop on a thread of its own, on a free port of
the loopback. Who derives from it has `on_client(reader, writer)`."""

import asyncio
import threading


class Server:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.on_client, '127.0.0.1', 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
