# SPDX-License-Identifier: MIT
"""What the races share: where things are, and how a peer is fetched and built."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get("B", "build")
PEERS = os.path.join(ROOT, "build", "peers")


class Missing(Exception):
    pass


def tool(name, package):
    path = shutil.which(name)
    if not path:
        raise Missing(f"no {name} (Debian package {package})")
    return path


def sh(*argv, cwd=ROOT):
    result = subprocess.run(argv, cwd=cwd, capture_output=True, text=True,
                            env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"})
    if result.returncode:
        last = (result.stderr or result.stdout).strip().splitlines()[-3:]
        raise Missing(f"{' '.join(argv[:3])}: {' / '.join(last)}")


def folder(name, driver):
    """build/peers/NAME with the driver in it."""
    path = os.path.join(PEERS, name)
    os.makedirs(path, exist_ok=True)
    shutil.copy2(os.path.join(HERE, driver), path)
    return path
