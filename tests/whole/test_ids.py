"""Ids are UUIDv7, each given out once, also by processes that were one."""

import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from backend.ids import id_at, new_id, new_id_text

_FORK = """
import os
from backend.ids import new_id
new_id()  # the parent has random numbers at hand that the child must not use as well
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, "\\n".join(str(new_id()) for _ in range(200)).encode())
    os._exit(0)
mine = [str(new_id()) for _ in range(200)]
os.wait()
theirs = os.read(reading, 65536).decode().split()
randoms = {one[15:] for one in (*mine, *theirs)}
print(len(mine), len(theirs), len(randoms))
"""


def test_ids_grow_with_time_and_are_given_out_once() -> None:
    before = datetime.now(UTC)
    ids = [new_id() for _ in range(4000)]
    ids += [UUID(text) for text in (new_id_text() for _ in range(1000)) if str(UUID(text)) == text]
    assert len({one.int & (2**62 - 1) for one in ids}) == 5000, "of random bits alone"
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert id_at(before) <= ids[0]
    assert all(one.int >> 80 <= other.int >> 80 for one, other in pairwise(ids))


def test_a_forked_process_draws_other_numbers() -> None:
    done = subprocess.run([sys.executable, "-c", _FORK], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200", "200", "400"]
