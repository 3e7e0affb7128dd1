#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Collectors beside a program of Go's net/http and gofeed, on the same site of the loopback.

    feeds_race.py [FEEDS]

../collect_feeds.c is the site and our side; feeds.go theirs, which keeps nothing but validators:
no redaction, no ids, no log. Without Go our side runs alone, and says so.
"""
import os
import subprocess
import sys

from kit import BUILD, ROOT, folder, prepared, sh, tool

GOFEED = "github.com/mmcdole/gofeed@v1.4.2"


def go():
    path = folder("feeds", "feeds.go")
    with open(os.path.join(path, "go.mod"), "w", encoding="utf-8") as f:
        f.write("module peer\n\ngo 1.19\n")
    sh(tool("go", "golang-go"), "get", GOFEED, cwd=path)
    sh("go", "build", "-o", "peer", "feeds.go", cwd=path)
    return os.path.join(path, "peer")


made = prepared([("Go net/http with gofeed", go)])
sys.exit(subprocess.run([os.path.join(BUILD, "bench", "collect_feeds"), *(sys.argv[1:2] or ["10000"]), *made.values()],
                        cwd=ROOT).returncode)
