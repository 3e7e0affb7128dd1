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

from kit import BUILD, ROOT, go, prepared

GOFEED = "github.com/mmcdole/gofeed@v1.4.2"

made = prepared([("Go net/http with gofeed", lambda: go("feeds", "feeds.go", GOFEED))])
sys.exit(subprocess.run([os.path.join(BUILD, "bench", "collect_feeds"), *(sys.argv[1:2] or ["10000"]), *made.values()],
                        cwd=ROOT).returncode)
