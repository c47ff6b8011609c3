"""Ports of the loopback interface for whatever is started here, each given out once at a time on this machine."""

import fcntl
import os
import socket
import tempfile
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from random import SystemRandom

_PORTS = range(20_000, 32_000)
"""Below those that a system gives to whoever connects: one of these may be taken before a server has come up."""
_given = set[int]()


def free_port(among: range = _PORTS) -> int:
    """A port of the loopback interface that is free, and that neither this process nor another one of this user is
    given again while this process lives: from choosing it to listening there, seconds may pass.
    """
    while True:
        port = SystemRandom().choice(among)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given and _claim(port):
                _given.add(port)
                return port


def _claim(port: int) -> bool:
    """Whether no other process has it. A byte of one file stands for each port; the system lets go of it with us."""
    with suppress(BlockingIOError):
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        return True
    return False


@lru_cache(maxsize=1)
def _claims() -> int:
    """The file, open for as long as this process lives: to close it would be to let go of everything."""
    path = Path(tempfile.gettempdir()) / f"wartefrei-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
