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


def folder(name, *files):
    """build/peers/NAME with these files in it: of this folder, or by their whole path."""
    path = os.path.join(PEERS, name)
    os.makedirs(path, exist_ok=True)
    for file in files:
        shutil.copy2(os.path.join(HERE, file), path)
    return path


def rust(name, driver, dependencies):
    """The program that cargo builds in build/peers/NAME of one driver, cpu.rs beside it."""
    path = folder(name, driver, "cpu.rs")
    with open(os.path.join(path, "Cargo.toml"), "w", encoding="utf-8") as f:
        f.write(f"""[package]
name = "peer"
version = "0.0.0"
edition = "2021"
[dependencies]
{dependencies}
[[bin]]
name = "peer"
path = "{os.path.basename(driver)}"
[profile.release]
lto = true
codegen-units = 1
""")
    sh(tool("cargo", "cargo"), "build", "--release", "--quiet", cwd=path)
    return os.path.join(path, "target", "release", "peer")


def go(name, driver, module):
    """The program that Go builds in build/peers/NAME of one driver and the module that it needs."""
    path = folder(name, driver)
    with open(os.path.join(path, "go.mod"), "w", encoding="utf-8") as f:
        f.write("module peer\n\ngo 1.19\n")
    sh(tool("go", "golang-go"), "get", module, cwd=path)
    sh("go", "build", "-o", "peer", driver, cwd=path)
    return os.path.join(path, "peer")


def venv():
    """The python of build/venv, with the packages of the tests."""
    sh("sh", "tests/venv.sh")
    return os.path.join(ROOT, "build", "venv", "bin", "python")


def prepared(makers):
    """{name: what its maker returns} of the peers that can be had; the others are named."""
    made = {}
    for name, make in makers:
        try:
            made[name] = make()
        except Missing as e:
            print(f"SKIPPED {name}: {e}", flush=True)
    return made
