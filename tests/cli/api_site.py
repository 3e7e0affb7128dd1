# SPDX-License-Identifier: MIT
"""An API on loopback for the tests of connectors: `answer(request)` says what each request gets."""

import http.server
import json
import threading
import urllib.parse


class Request:
    def __init__(self, handler, body):
        split = urllib.parse.urlsplit(handler.path)
        self.method, self.path, self.headers, self.body = handler.command, split.path, handler.headers, body
        self.query = {k: v[-1] for k, v in urllib.parse.parse_qs(split.query, keep_blank_values=True).items()}
        self.target = handler.path

    def form(self):
        return {k: v[-1] for k, v in urllib.parse.parse_qs(self.body.decode()).items()}

    def json(self):
        return json.loads(self.body)


class Site(http.server.ThreadingHTTPServer):
    """`answer` returns a value (JSON), bytes, or (status, value, headers)."""
    daemon_threads = True

    def __init__(self, answer):
        super().__init__(('127.0.0.1', 0), Handler)
        self.answer, self.asked, self.lock = answer, [], threading.Lock()
        self.url = f'http://127.0.0.1:{self.server_address[1]}'
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # who was killed does not read its answer

    def __exit__(self, *unused):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def do_GET(self):
        request = Request(self, self.rfile.read(int(self.headers.get('Content-Length') or 0)))
        with self.server.lock:
            self.server.asked.append(request)
            given = self.server.answer(request)
        status, value, headers = given if isinstance(given, tuple) else (200, given, {})
        body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        for name, text in {'Content-Type': 'application/json', **headers, 'Content-Length': str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET
