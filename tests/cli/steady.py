# SPDX-License-Identifier: MIT
"""steady.py - what a worker at full rate holds: posts come as fast as they are worked, the log
forgets what is a minute old, and memory and descriptors of the process are looked at every second.

EARSHOT_SOAK_MINUTES: how long. Memory has to be flat within 2 %: it goes up and down with the
transactions, so the highest of the second half is held against the highest of the first, from
minute 3 on. Without it the short form: WARM_POSTS, then POSTS, in which queues, caches and
allocators may still fill (MAY_FILL, MAY_OPEN): who loses the bytes of each post loses more, who loses
a descriptor a transaction as well."""

import os
import statistics
import subprocess
import time

from harness import BUILD, ROOT, Failed, check, metrics, wait_until

MINUTES = float(os.environ.get('EARSHOT_SOAK_MINUTES', '0'))
WARM = 180            # seconds that are not counted, in the long form
FLAT = 0.02           # of memory
WARM_POSTS, POSTS = 300_000, 400_000
MAY_FILL = 80 << 20   # bytes: two queues of 64 MiB, or a page cache of 64 MiB and the table of a cleaning
MAY_OPEN = 8          # descriptors of a cleaning
WINDOW = 60 if MINUTES else 4  # seconds, looks, of which the median is taken
AHEAD = 200_000       # posts that wait for the worker
RETENTION = '1m' if MINUTES else '10s'
TITLE = f'{MINUTES:g} minutes' if MINUTES else f'{WARM_POSTS + POSTS:,} posts'

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


def halves(samples):
    """What came after the warm-up, cut in the middle."""
    cut = (WARM + samples[-1].at) / 2
    return [s for s in samples if WARM < s.at <= cut], [s for s in samples if s.at > cut]


def tell(samples, begin):
    """The last WINDOW of them."""
    here = samples[-WINDOW:]
    rate = (here[-1].posts - here[0].posts) / (here[-1].at - here[0].at)
    rss, anon = (statistics.median(getattr(s, what) for s in here) / 1048576 for what in ('rss', 'anon'))
    print(f'# {here[-1].at / 60:4.1f} min: {rss:6.1f} MiB resident ({anon:.1f} of no file; at most '
          f'{max(s.rss for s in samples) / 1048576:.1f} so far), {max(s.fds for s in here)} descriptors, '
          f'log {here[-1].log / 1048576:,.0f} MiB, {rate:,.0f} posts/s, {here[-1].posts - begin:,.0f} posts so far',
          flush=True)


def looks(run, bus, log):
    """A sample every second, while posts come."""
    url = run.url()
    with Feed(bus) as feed:
        wait_until(lambda: feed.after(worked(url)) > 0, 'the first post', 300)
        begin = time.monotonic()
        for step in range(86400):
            time.sleep(max(0, begin + step - time.monotonic()))  # a look every second is the point of it
            check(run.process.poll() is None, 'the worker ended:\n' + '\n'.join(run.lines[-20:]))
            sample = Sample(time.monotonic() - begin, run, url, log)
            feed.after(sample.posts)
            yield sample


def windows(samples, ends):
    """The last two of the short form."""
    return [samples[end - WINDOW:end] for end in ends[-2:]]


def grown(samples, ends):
    before, after = (statistics.median(s.rss for s in window) for window in windows(samples, ends))
    return after - before


def soak(run, bus, log):
    """`run` works what comes into the log at `bus` (whose bytes lie at `log`)."""
    samples, begin, moved = [], None, 0
    marks = [m * 60 for m in (3, 10, 20, 30, 60, 120) if m < MINUTES] if MINUTES else [WARM_POSTS, WARM_POSTS + POSTS]
    ends = []  # of the short form: where its windows end
    for sample in looks(run, bus, log):
        samples.append(sample)
        begin = sample.posts if begin is None else begin
        moved = sample.at if len(samples) < 2 or sample.posts > samples[-2].posts else moved
        check(sample.at - moved < 120, 'no post was worked for 2 minutes')
        if marks and len(samples) > WINDOW and (sample.at if MINUTES else sample.posts - begin) >= marks[0]:
            marks.pop(0)
            ends.append(len(samples))
            tell(samples, begin)
        # a queue that filled in between holds no more after as many posts again, what leaks does
        if not MINUTES and len(ends) == 2 and not marks and grown(samples, ends) > MAY_FILL:
            marks.append(WARM_POSTS + 2 * POSTS)
        if sample.at >= MINUTES * 60 if MINUTES else not marks:
            break
    if MINUTES:
        tell(samples, begin)
        early, late = halves(samples)
        before, after = (max(s.rss for s in half) for half in (early, late))
        allowed, opened = before * FLAT, 0
    else:
        early, late = windows(samples, ends)
        before, after = (statistics.median(s.rss for s in half) for half in (early, late))
        allowed, opened = MAY_FILL if len(ends) == 2 else MAY_FILL / 2, MAY_OPEN
    check(after - before <= allowed, f'memory grew from {before:,.0f} to {after:,.0f} bytes, more than {allowed:,.0f}')
    before, after = (max(s.fds for s in half) for half in (early, late))
    check(after <= before + opened, f'descriptors grew from {before} to {after}')
    return samples
