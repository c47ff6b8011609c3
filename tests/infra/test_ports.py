"""Ports that are given out: none to two who start at the same time."""

import subprocess
import sys

from infra.dev.ports import free_port

_FEW = range(19_800, 19_864)
_OTHER = """
from infra.dev.ports import free_port
print(*[free_port(range(19_800, 19_864)) for _ in range(20)], flush=True)
input()
"""


def test_no_port_is_given_out_twice() -> None:
    other = subprocess.Popen([sys.executable, "-c", _OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        theirs = {int(port) for port in other.stdout.readline().split()}
        ours = [free_port(_FEW) for _ in range(20)]
        assert len(theirs) == 20
        assert len(set(ours)) == 20
        assert theirs.isdisjoint(ours)
    finally:
        other.communicate("\n", timeout=10)
