"""How child processes are started: as another user where root may not, and never left behind when we are killed."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_UNPRIVILEGED = ("postgres", "nobody")


class User:
    """Somebody else than root; ``None`` stands for "as we are"."""

    def __init__(self, uid: int, gid: int) -> None:
        self.uid, self.gid = uid, gid

    def own(self, path: Path) -> None:
        """Gives ``path`` and everything below to the user."""
        os.chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)

    def may_enter(self, path: Path) -> bool:
        """Whether every folder down to ``path`` lets the user pass."""
        return all(self._passes(folder.stat()) for folder in (path, *path.parents) if folder.is_dir())

    def _passes(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.gid else 0o001))


def unprivileged_user() -> User | None:
    """Whom a server that refuses root runs as: None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    return User(65534, 65534)


def spawn(
    command: Sequence[str],
    *,
    output: IO[bytes],
    environment: Mapping[str, str] | None = None,
    user: User | None = None,
    reaching: Sequence[Path] = (),
    last_signal: signal.Signals = signal.SIGTERM,
) -> "subprocess.Popen[bytes]":
    """Starts ``command`` in a session of its own, so that a terminal's Ctrl-C reaches us alone.

    When our process dies without a word (kill -9), Linux sends the child ``last_signal``. ``reaching`` names what
    ``user`` must be able to open; where a parent folder (root's home) shuts others out, the process keeps the one
    capability that lets it pass.
    """
    prefix: list[str] = []
    if user is not None and not all(user.may_enter(path) for path in reaching):
        prefix, user = _keeping_passage(user, last_signal), None
    return subprocess.Popen(
        [*prefix, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=None if environment is None else dict(environment),
        start_new_session=True,
        # Safe here: we start children from the main thread only, and the call takes no lock.
        preexec_fn=_die_with_parent(last_signal),  # noqa: PLW1509
        user=user and user.uid,
        group=user and user.gid,
        extra_groups=[] if user else None,
    )


def _keeping_passage(user: User, last_signal: signal.Signals) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PermissionError(
            "run as root, the database works as another user: choose a DATA_DIR that others may enter"
        )
    ids = [f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups"]
    # A change of user clears the wish to die with the parent, so setpriv repeats it.
    ids.append(f"--pdeathsig={last_signal.name.removeprefix('SIG')}")
    return [setpriv, *ids, "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may be imported

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)

    return ask
