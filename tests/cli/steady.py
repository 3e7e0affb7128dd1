# SPDX-License-Identifier: MIT
"""steady.py - what a worker at full rate holds: posts come as fast as they are worked, the log
forgets what is a minute old, and memory and descriptors of the process are looked at every second.

EARSHOT_SOAK_MINUTES: how long (0.6, the short form). With 10 minutes and more memory has to be
flat within 2 %, from minute 3 on; in the short form, in which allocators and queues still fill,
it may grow by BYTES_A_POST at most for each post that is worked meanwhile: who loses a post's
memory loses more."""

import os
import statistics
import subprocess
import time

from harness import BUILD, ROOT, Failed, check, metrics, wait_until

MINUTES = float(os.environ.get('EARSHOT_SOAK_MINUTES', '0.6'))
LONG = MINUTES >= 10
WARM = 180 if LONG else 12     # seconds that are not counted
WINDOW = 60 if LONG else 6     # seconds of which the middle is taken
FLAT = 0.02                    # of memory, in the long form
BYTES_A_POST = 32              # in the short form
AHEAD = 200_000                # posts that wait for the worker
RETENTION = '1m' if LONG else '10s'

THEMES = ('delivery', 'refund', 'battery', 'support')
CONFIG = '''
bus: {bus}
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 8, retention: {{posts: {retention}, mentions: {retention}}}}}
sources: []
brands:
  - id: bench
    topics: [{topics}]
flags: [{flags}]
routes: {{care: {{owner: "care team"}}}}
default_route: care
'''


def config_text(bus):
    topics = ', '.join(f"{{id: q{n}, query: 'brand{n:02}'}}" for n in range(30))
    flags = ', '.join(f"{{id: f{n}, when: 'sentiment:negative AND {word}', priority: high, route: care, due: 2h}}"
                      for n, word in enumerate(THEMES))
    return CONFIG.format(bus=bus, retention=RETENTION, topics=topics, flags=flags)


class Feed:
    """Posts from a process of its own (tests/bench/work_feed.c), AHEAD of what was worked."""

    def __init__(self, url):
        program = os.path.join(BUILD, 'bench', 'work_feed')
        subprocess.run(['make', '-s', os.path.relpath(program, ROOT)], cwd=ROOT, check=True, timeout=600)
        self.process = subprocess.Popen([program, url, 'earshot.'], cwd=ROOT, stdin=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.communicate()

    def after(self, posts):
        """`posts` were worked."""
        if self.process.poll() is not None:
            raise Failed(f'the posts ended with {self.process.returncode}: {self.process.stderr.read()}')
        self.process.stdin.write(f'{posts + AHEAD:.0f}\n')
        self.process.stdin.flush()
        return posts


def memory(pid):
    """Resident bytes: all of them, and those that are no file's."""
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        found = dict(line.split(':', 1) for line in status)
    return tuple(int(found[name].split()[0]) * 1024 for name in ('VmRSS', 'RssAnon'))


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


def worked(url):
    """Posts whose outcome is committed."""
    lines = [line for line in metrics(url).splitlines() if line.startswith('earshot_posts_total{')]
    return sum(float(line.rsplit(' ', 1)[1]) for line in lines)


def size(path):
    """Bytes of a file or of a folder's files, as they lie on the disk."""
    paths = [path] + [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
    found = 0
    for one in paths:
        try:
            found += os.stat(one).st_blocks * 512
        except FileNotFoundError:  # an old segment
            pass
    return found


class Sample:
    def __init__(self, at, run, url, log):
        pid = run.process.pid
        self.at, self.fds, self.posts, self.log = at, descriptors(pid), worked(url), size(log)
        self.rss, self.anon = memory(pid)


def middle(samples, end, what):
    """The median over the window that ends at a second."""
    return statistics.median(getattr(s, what) for s in samples if end - WINDOW <= s.at <= end)


def most(samples, end):
    """Descriptors come and go with connections: their maximum in the window."""
    return max(s.fds for s in samples if end - WINDOW <= s.at <= end)


def tell(samples, end, begin):
    here = [s for s in samples if end - WINDOW <= s.at <= end]
    rate = (here[-1].posts - here[0].posts) / (here[-1].at - here[0].at)
    print(f'# {end / 60:4.1f} min: {middle(samples, end, "rss") / 1048576:6.1f} MiB resident '
          f'({middle(samples, end, "anon") / 1048576:.1f} of no file), {most(samples, end)} descriptors, '
          f'log {here[-1].log / 1048576:,.0f} MiB, {rate:,.0f} posts/s, {here[-1].posts - begin:,.0f} posts so far',
          flush=True)


def soak(run, bus, log):
    """`run` works what comes into the log at `bus` (whose bytes lie at `log`)."""
    url, seconds, samples = run.url(), MINUTES * 60, []
    marks = [m for m in (3, 10, 20, 30, 60, 120) if LONG and m * 60 < seconds] or [WARM / 60 + WINDOW / 60]
    with Feed(bus) as feed:
        wait_until(lambda: feed.after(worked(url)) > 0, 'the first post', 120)
        begin = time.monotonic()
        for step in range(int(seconds) + 1):
            time.sleep(max(0, begin + step - time.monotonic()))  # a look every second is the point of it
            check(run.process.poll() is None, 'the worker ended:\n' + '\n'.join(run.lines[-20:]))
            samples.append(Sample(time.monotonic() - begin, run, url, log))
            feed.after(samples[-1].posts)
            if marks and step >= marks[0] * 60:
                tell(samples, marks.pop(0) * 60, samples[0].posts)
    first, last = (WARM if LONG else WARM + WINDOW), samples[-1].at
    tell(samples, last, samples[0].posts)
    posts = middle(samples, last, 'posts') - middle(samples, first, 'posts')
    before, after = (middle(samples, end, 'rss') for end in (first, last))
    check(posts > 0, 'no post was worked')
    if LONG:
        check(after <= before * (1 + FLAT), f'memory grew from {before:,.0f} to {after:,.0f} bytes')
    else:
        check(after - before <= posts * BYTES_A_POST,
              f'memory grew from {before:,.0f} to {after:,.0f} bytes while {posts:,.0f} posts were worked')
    check(most(samples, last) <= most(samples, first),
          f'descriptors grew from {most(samples, first)} to {most(samples, last)}')
    return samples
