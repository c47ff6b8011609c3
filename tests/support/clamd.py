"""A real clamd with signatures of its own: it knows the EICAR test file, needs no network, and ends with the tests."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from backend.documents.scanning import EICAR
from infra.dev.drop import spawn
from infra.dev.ports import free_port

PROGRAM = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


class ClamdProcess:
    """clamd on loopback. ``honest``: it says when it could not read something to its end."""

    def __init__(self, directory: Path, *, honest: bool = True, signatures: bool = True, max_file: str = "60M") -> None:
        self._directory, self.port = directory, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        database = directory / "signatures"
        database.mkdir(parents=True)
        pattern = EICAR.hex() if signatures else "00" * 4 + "deadbeef" * 8
        (database / "tests.ndb").write_text(f"Eicar-Test-Signature:0:*:{pattern}\n", encoding="ascii")
        options = {
            "TCPSocket": self.port,
            "TCPAddr": "127.0.0.1",
            "DatabaseDirectory": database,
            "TemporaryDirectory": directory,
            "Foreground": "yes",
            "AlertExceedsMax": "yes" if honest else "no",
            "StreamMaxLength": "60M",
            "MaxFileSize": max_file,
            "MaxScanSize": "400M",
            "SelfCheck": 0,
        }
        self._config = directory / "clamd.conf"
        self._config.write_text("".join(f"{name} {value}\n" for name, value in options.items()), encoding="utf-8")

    @property
    def address(self) -> str:
        """As the setting wants it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Waits until it answers."""
        assert PROGRAM is not None
        log = self._directory / "log"
        with log.open("wb") as output:
            self.process = spawn([PROGRAM, f"--config-file={self._config}"], output=output)
        deadline = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")
                time.sleep(0.05)

    def stop(self) -> None:
        """At once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
