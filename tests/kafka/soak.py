# SPDX-License-Identifier: MIT
"""A worker at full rate through a real broker: memory and descriptors stay as they are, while the
broker retains and compacts (tests/cli/steady.py says how long, and how it is judged)."""

import os

from kafka import Broker, Running, main, test, write
from steady import TITLE, config_text, soak

# segments that are rolled, retained and compacted within the trial
PROPERTIES = ('log.segment.bytes=33554432', 'log.retention.check.interval.ms=5000', 'log.cleaner.backoff.ms=5000',
              'log.segment.delete.delay.ms=1000', 'log.initial.task.delay.ms=5000')


@test(f'{TITLE} at full rate through Kafka: memory flat, no descriptor more')
def kafka(folder):
    with Broker(folder, properties=PROPERTIES) as broker:
        conf = write(folder, 'earshot.yaml', config_text(f'kafka://{broker.address}'))
        with Running('-c', conf, '--role', 'work') as run:
            run.url()
            soak(run, f'kafka://{broker.address}', os.path.join(folder, 'broker'))
            run.stop(30)


main()
