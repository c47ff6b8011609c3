"""Processor time of the processes that a measured call goes through, from /proc: a busy machine changes it least."""

import os
import resource
from contextlib import suppress
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")


class Costs(msgspec.Struct, frozen=True):
    """Processor seconds, of the user's and the system's kind together, since the processes began."""

    api: float
    postgres: float
    client: float

    def __sub__(self, earlier: "Costs") -> "Costs":
        return Costs(self.api - earlier.api, self.postgres - earlier.postgres, self.client - earlier.client)

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(self.api + other.api, self.postgres + other.postgres, self.client + other.client)

    def per_call(self, calls: float) -> dict[str, float]:
        """Milliseconds a call, by process."""
        return {name: 1000 * float(getattr(self, name)) / calls for name in self.__struct_fields__}


def read(*, api: int | None, postgres: int) -> Costs:
    """``api`` leads a session of its own, ``postgres`` is the parent of its backends; the client is this process."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)  # pgbench
    sessions: dict[str, float] = {"api": 0.0, "postgres": 0.0}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # a process may end while we look
            fields = file.read_text().rsplit(")", 1)[1].split()
            pid, parent, session = int(file.parent.name), int(fields[1]), int(fields[3])
            if api is not None and session == api:
                sessions["api"] += sum(map(int, fields[11:13])) / _TICKS
            elif pid == postgres:
                sessions["postgres"] += sum(map(int, fields[11:15])) / _TICKS  # with its backends that have ended
            elif parent == postgres:
                sessions["postgres"] += sum(map(int, fields[11:13])) / _TICKS
    client = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return Costs(sessions["api"], sessions["postgres"], client)


def of(pid: int) -> float:
    """Processor seconds of one process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / _TICKS
