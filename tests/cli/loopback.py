# SPDX-License-Identifier: MIT
"""loopback.py - a site on loopback, for the suites that read feeds and APIs: `answer(request)` says what each request
gets. What breaks the rules of HTTP is in hostile.py, HTTP/2 in h2_site.mjs."""

import http.server
import json
import sys
import threading
import urllib.parse

from harness import check


class Request:
    def __init__(self, handler, body):
        split = urllib.parse.urlsplit(handler.path)
        self.method, self.path, self.headers, self.body = handler.command, split.path, handler.headers, body
        self.query = {k: v[-1] for k, v in urllib.parse.parse_qs(split.query, keep_blank_values=True).items()}
        self.target = handler.path

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), strict_parsing=True))

    def json(self):
        return json.loads(self.body)


class Site(http.server.ThreadingHTTPServer):
    """`answer`, which several threads may call at once, returns text, bytes or another value (as JSON); a number, which
    is a status without a body; or (status, one of these, headers). `asked` has every request."""
    daemon_threads = True

    def __init__(self, answer):
        super().__init__(('127.0.0.1', 0), Handler)
        self.answer, self.asked, self.news = answer, [], threading.Condition()
        self.url = f'http://127.0.0.1:{self.server_address[1]}'
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def targets(self):
        return [request.target for request in self.asked]

    def answered(self, request):
        """The answer was sent."""

    def tell(self, change):
        """Changes what somebody waits for."""
        with self.news:
            change()
            self.news.notify_all()

    def wait(self, condition, what, seconds=60):
        """Until what is asked, or told, makes it so."""
        with self.news:
            check(self.news.wait_for(condition, seconds), what)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # who was killed does not read its answer
            super().handle_error(request, client_address)

    def __exit__(self, *unused):
        self.shutdown()
        self.server_close()


class Pages(Site):
    """`pages`: {target: an answer, or a list of what each asking gets, the last of them for ever, or a function}."""

    def __init__(self, pages):
        self.pages = pages
        super().__init__(self.page)

    def page(self, request):
        page = self.pages.get(request.target, 404)
        if callable(page):
            page = page()
        if isinstance(page, list):
            page = page.pop(0) if len(page) > 1 else page[0]
        return page


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def do_GET(self):
        site, request = self.server, Request(self, self.rfile.read(int(self.headers.get('Content-Length') or 0)))
        site.tell(lambda: site.asked.append(request))
        given = site.answer(request)
        status, value, headers = given if isinstance(given, tuple) else (given, b'', {}) if isinstance(given, int) else (200, given, {})
        if isinstance(value, str):
            value = value.encode()
        elif not isinstance(value, bytes):
            value, headers = json.dumps(value, ensure_ascii=False).encode(), {'Content-Type': 'application/json', **headers}
        self.send_response(status)
        for name, text in {**headers, 'Content-Length': str(len(value))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(value)
        site.answered(request)

    do_POST = do_GET
