#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The matcher beside Apache Lucene Monitor: the same queries on the same posts, one thread.

    match_race.py [--posts N] [--queries 10,100,1000,10000] [--families common,rare]

../match_peer.c makes both (match_made.h) and is our driver; LuceneMonitor.java is theirs,
fetched by Maven into build/peers/lucene. A driver takes the folder and says, a line each:
rate (posts/s, warm; which queries match, no more), ready (seconds of the queries' compilation),
memory (MB that the queries hold), ours also with the spans of each match, Lucene's also by
posts a call, and by kind of query the pairs of post and query that match and a sum over them.
Lucene's is the best of single posts and batches of 500 and 5,000, with two presearchers; the
ratio to batches of 500 is that to a stream (README.md). Times are CPU time of the thread that
matches.

Ends with 1 where verdicts differ that should not.
"""
import argparse
import os
import subprocess
import sys

from kit import BUILD, PEERS, ROOT, folder, prepared, sh, tool

# the newest that Java 17 runs
LUCENE = "9.11.1"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>lucene-jars</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.lucene</groupId><artifactId>lucene-monitor</artifactId><version>%s</version></dependency>
    <dependency><groupId>org.apache.lucene</groupId><artifactId>lucene-queryparser</artifactId><version>%s</version></dependency>
  </dependencies>
</project>
""" % (LUCENE, LUCENE)

# what Kafka's consumer hands over at most if it is not told otherwise
STREAM = "batch 500"

# by enum made_kind
KINDS = ["boolean", "phrase", "NEAR", "phrase~n", "wildcard", "NOT"]
# Lucene counts moves of words: the order turned round costs two more of the n
DIFFERENT = {"phrase~n"}


def lucene():
    java, javac = tool("java", "openjdk-17-jre-headless"), tool("javac", "openjdk-17-jdk-headless")
    path = folder("lucene", "LuceneMonitor.java")
    jars = os.path.join(path, LUCENE)
    if not os.path.exists(os.path.join(jars, ".complete")):
        with open(os.path.join(path, "pom.xml"), "w", encoding="utf-8") as f:
            f.write(POM)
        sh(tool("mvn", "maven"), "-q", "-B", "-f", os.path.join(path, "pom.xml"), "dependency:copy-dependencies",
           "-DincludeScope=runtime", f"-DoutputDirectory={jars}")
        with open(os.path.join(jars, ".complete"), "w", encoding="utf-8"):
            pass
    sh(javac, "-cp", os.path.join(jars, "*"), "-d", path, os.path.join(path, "LuceneMonitor.java"))
    return [java, "-XX:+UseSerialGC", "-Xms1g", "-Xmx2g", "-cp", f"{jars}/*:{path}", "LuceneMonitor"]


def drive(command, where):
    result = subprocess.run([*command, where], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command[0]} ended with {result.returncode}: {result.stderr.strip()[-2000:]}")
    said = [line.split("\t") for line in result.stdout.splitlines()]
    out = {parts[0]: parts[1] for parts in said if not parts[0].startswith("kind ")}
    out["kinds"] = {KINDS[int(p[0].split()[1])]: (int(p[1]), p[2]) for p in said if p[0].startswith("kind ")}
    return out


def verdicts(name, ours, theirs):
    """Prints where they differ; true where they should not."""
    wrong = False
    for kind, (n, total) in ours["kinds"].items():
        m, other = theirs["kinds"][kind]
        if kind in DIFFERENT:
            print(f"  {kind}: {n:,} matches, Lucene's {m:,}: another meaning (README.md)")
        elif (n, total) != (m, other):
            print(f"  {kind}: {n:,} matches, Lucene's {m:,}: DIFFERENT and should not be ({name})")
            wrong = True
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=100000)
    parser.add_argument("--queries", default="10,100,1000,10000")
    parser.add_argument("--families", default="common,rare")
    args = parser.parse_args()
    ours = os.path.join(BUILD, "bench", "match_peer")
    wrong = False
    peer = prepared([("Apache Lucene Monitor", lucene)]).get("Apache Lucene Monitor")
    print(f"{'':16}{'matches':>9}{'ours':>11}{'w. spans':>11}{'Lucene':>9}{'ratio':>7}{'w. spans':>10}{'stream':>8}    ready, memory: ours; Lucene's; Lucene by posts a call ({args.posts:,} posts)")
    for family in args.families.split(","):
        rates = []
        for n in args.queries.split(","):
            where = os.path.join(PEERS, f"match-{family}-{n}")
            os.makedirs(where, exist_ok=True)
            subprocess.run([ours, "make", family, n, str(args.posts), where], cwd=ROOT, check=True)
            mine = drive([ours], where)
            theirs = drive(peer, where) if peer else None
            rates.append(float(mine["rate"]))
            matches = sum(pairs for pairs, _ in mine["kinds"].values()) / args.posts
            spans = float(mine["spans"])
            line = f"{family:7}{int(n):9,}{matches:9.2f}{rates[-1]:11,.0f}{spans:11,.0f}"
            if theirs:
                best, stream = float(theirs["rate"]), float(theirs[STREAM])
                line += f"{best:9,.0f}{rates[-1] / best:7.1f}{spans / best:10.1f}{rates[-1] / stream:8.1f}"
            else:
                line += f"{'-':>9}{'-':>7}{'-':>10}{'-':>8}"
            line += f"    {mine['ready']} s {mine['memory']} MB"
            if theirs:
                line += f"; {theirs['ready']} s {theirs['memory']} MB"
                line += "; " + ", ".join(f"{k} {float(v):,.0f}" for k, v in theirs.items() if k.startswith("batch"))
            print(line, flush=True)
            if theirs:
                wrong |= verdicts(f"{family} {n}", mine, theirs)
        print(f"  a post costs {rates[0] / rates[-1]:.2f} times as much with the most queries as with the fewest", flush=True)
    sys.exit(1 if wrong else 0)


main()
