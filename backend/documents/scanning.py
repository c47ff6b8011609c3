"""Looking for malware: clamd, or a stand-in that says loudly what it is.

Fails closed: only the plain word that clamd found nothing is that. A scanner is believed after it has shown that it
finds the EICAR test file and refuses what it cannot read to its end.
"""

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from backend.documents.rules import MAX_BYTES
from backend.settings import Settings

_BLOCK_BYTES = 256 * 1024
_MOST_REPLY = 4_096
# In halves, so that no scanner takes this file for what it names.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_DEEPER_THAN_CLAMD_MAY = 120  # MaxRecursion is at most 100
STAND_IN = "none (embedded stand-in: finds only the EICAR test file)"
_log = structlog.get_logger("wartefrei.documents")


class ScannerUnavailable(Exception):
    """It does not answer, answers what it should not, or cannot be believed: nothing is clean until it can."""


class Verdict(msgspec.Struct, frozen=True):
    """``found`` names what was found; ``incomplete``: it could not be read to its end. Neither: nothing was found."""

    engine: str
    found: str | None = None
    incomplete: bool = False


class Scanner(Protocol):
    """What looks for malware."""

    async def scan(self, path: Path) -> Verdict:
        """Looks at a file; raises ScannerUnavailable."""
        ...

    async def prove(self) -> None:
        """Raises ScannerUnavailable unless it shows that it can be believed."""
        ...


class Clamd:
    """clamd at ``host:port`` or ``unix:/path``; the bytes are streamed to it."""

    def __init__(self, address: str, timeout_seconds: float) -> None:
        self._address, self._timeout_seconds = address, timeout_seconds

    async def scan(self, path: Path) -> Verdict:
        with path.open("rb") as file:
            return await self._scan(file)

    async def prove(self) -> None:
        if not (await self._scan(io.BytesIO(EICAR))).found:
            raise ScannerUnavailable("clamd does not find the EICAR test file: are its signatures there?")
        if not (await self._scan(io.BytesIO(_nested(_DEEPER_THAN_CLAMD_MAY)))).incomplete:
            raise ScannerUnavailable("clamd takes what it could not read for clean: set AlertExceedsMax yes")
        if (await self._scan(io.BytesIO(bytes(MAX_BYTES)))).incomplete:
            raise ScannerUnavailable(f"MaxFileSize of clamd is smaller than the {MAX_BYTES} bytes that people may send")

    async def _scan(self, file: "io.BufferedReader | io.BytesIO") -> Verdict:
        engine = await self._command(b"zVERSION\0")
        said = await self._command(b"zINSTREAM\0", file)
        if said == "stream: OK":
            return Verdict(engine)
        if said.startswith("stream: ") and said.endswith(" FOUND"):
            found = said.removeprefix("stream: ").removesuffix(" FOUND")
            limited = found.startswith("Heuristics.Limits.Exceeded")
            return Verdict(engine, incomplete=True) if limited else Verdict(engine, found=found)
        if said.startswith("INSTREAM size limit exceeded"):
            raise ScannerUnavailable("StreamMaxLength of clamd is smaller than what people may send")
        raise ScannerUnavailable("clamd did not say what it found")

    async def _command(self, command: bytes, file: "io.BufferedReader | io.BytesIO | None" = None) -> str:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                reader, writer = await self._connect()
                try:
                    writer.write(command)
                    if file is not None:
                        await _stream(file, writer)
                    await writer.drain()
                    reply = await reader.read(_MOST_REPLY)
                finally:
                    writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise ScannerUnavailable(f"clamd does not answer: {type(error).__name__}") from error
        return reply.decode("ascii", errors="replace").rstrip("\0\n")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("unix:"):
            return await asyncio.open_unix_connection(self._address.removeprefix("unix:"))
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host, int(port))


class StandIn:
    """For an instance without clamd: finds the EICAR test file in plain sight, and nothing else."""

    async def scan(self, path: Path) -> Verdict:
        found = EICAR in await asyncio.to_thread(path.read_bytes)
        return Verdict(STAND_IN, found="Eicar-Test-Signature" if found else None)

    async def prove(self) -> None:
        _log.warning("NOTHING IS SCANNED FOR MALWARE", scanner=STAND_IN, remedy="set CLAMD_ADDRESS")


def open_scanner(settings: Settings) -> Scanner:
    """As configured; production does not start without clamd."""
    if settings.clamd_address is None:
        return StandIn()
    return Clamd(settings.clamd_address, settings.clamd_timeout_seconds)


async def _stream(file: "io.BufferedReader | io.BytesIO", writer: asyncio.StreamWriter) -> None:
    """clamd's form: blocks with their length before them, and a length of zero. It may hang up in the midst of it."""
    try:
        while block := file.read(_BLOCK_BYTES):
            writer.write(len(block).to_bytes(4, "big") + block)
            await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
    except ConnectionError:
        return  # what it said before it hung up is still to be read


def _nested(depth: int) -> bytes:
    """Archives in an archive."""
    inner = b"nothing"
    for _ in range(depth):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("a.zip", inner)
        inner = outer.getvalue()
    return inner
