# SPDX-License-Identifier: MIT
"""A worker at full rate through the embedded log: memory and descriptors stay as they are, and so
does the file, for retention and compaction run (steady.py says how long, and how it is judged)."""

import os

from harness import Running, check, main, test, write
from steady import MINUTES, TITLE, config_text, halves, soak


@test(f'{TITLE} at full rate through the file: memory flat, no descriptor more')
def embedded(folder):
    conf = write(folder, 'earshot.yaml', config_text('./var/earshot.db'))
    log = os.path.join(folder, 'var')
    with Running('-c', conf, '--role', 'work') as run:
        run.url()
        samples = soak(run, os.path.join(log, 'earshot.db'), log)
        run.stop(30)
    if MINUTES:
        early, late = (max(s.log for s in half) for half in halves(samples))
        check(late <= early * 1.25, f'the file grew from {early:,} to {late:,} bytes')


main()
