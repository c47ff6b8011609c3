"""Starts the inspecting process and hears what it found, or that it did not live to say so."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from backend.documents.inspection.model import Findings, Order
from backend.documents.rules import Purpose
from backend.settings import Settings

_ROOT = Path(__file__).parents[3]
_GRACE_SECONDS = 5
_BEYOND_LIMITS = (-signal.SIGXCPU, -signal.SIGXFSZ)
_BY_ITSELF = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE, -signal.SIGTRAP)
"""How a process ends that gets no more memory, each library in its own way. From outside it is killed in others."""
TRIES = 2


class InspectionFailed(Exception):
    """The process died, or never lived. Whether the file did that shows when it is tried again."""


class _Ended(InspectionFailed):
    """It died of what it did."""


async def inspect(settings: Settings, purpose: Purpose, original: Path, clean: Path, thumbnail: Path) -> Findings:
    """What is to be found in ``original``. What exceeds time or memory is refused as too complex, and so is what its
    reader died of ``TRIES`` times in a row; raises InspectionFailed where something else ended it.
    """
    for _ in range(TRIES):
        with suppress(_Ended):
            return await _inspect(settings, purpose, original, clean, thumbnail)
    return Findings(refused="too-complex")


async def _inspect(settings: Settings, purpose: Purpose, original: Path, clean: Path, thumbnail: Path) -> Findings:
    order = Order(
        original=str(original),
        clean=str(clean),
        thumbnail=str(thumbnail),
        types=purpose.types,
        max_pages=purpose.max_pages,
        max_pixels=purpose.max_pixels,
        wants_thumbnail=purpose.thumbnail,
        seconds=settings.document_check_seconds,
        memory_bytes=settings.document_check_memory_bytes,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "backend.documents.inspection"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # libraries quote the file there
        start_new_session=True,
        # Nothing of our environment: no keys, no addresses.
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2"},
    )
    try:
        async with asyncio.timeout(settings.document_check_seconds + _GRACE_SECONDS):
            said, _ = await process.communicate(msgspec.json.encode(order))
    except TimeoutError:
        return Findings(refused="too-complex")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            await process.wait()
    if process.returncode in _BEYOND_LIMITS:
        return Findings(refused="too-complex")
    if process.returncode in _BY_ITSELF:
        raise _Ended
    if process.returncode != 0 or not said:
        raise InspectionFailed
    return msgspec.json.decode(said, type=Findings)
