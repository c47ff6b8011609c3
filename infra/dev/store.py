"""An embedded S3 store: SeaweedFS in one process, with one bucket and one account."""

import secrets
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

from backend.documents.store import ObjectStore
from backend.settings import DEVELOPMENT_SECRET_MARK, Settings
from infra.dev.drop import spawn
from infra.dev.ports import free_port

BUCKET = "wartefrei"
# Every port is named: those left out would be this one plus 10,000, which need not be free nor exist.
_PORTS = ("master", "volume", "filer", "s3", "admin")
# The path of a Unix socket may not be longer (108 bytes on Linux, 104 elsewhere).
_LONGEST_SOCKET = 100


class Store:
    """The store whose data live in ``directory``; kept from one start to the next."""

    def __init__(self, directory: Path, log: Path) -> None:
        self.directory = directory.resolve()
        self.log = log
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The S3 endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, access_key: str, secret_key: str) -> None:
        """Starts it without waiting; see ``is_ready``."""
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [str(Path(sys.executable).with_name("weed")), "-logtostderr=true", "mini", f"-dir={self.directory}"]
        command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false", "-admin.ui=false", f"-bucket={BUCKET}"]
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0", *self._sockets()]
        for name in _PORTS:
            port = free_port()
            if name == "s3":
                self.port = port
            command += [f"-{name}.port={port}", f"-{name}.port.grpc={free_port()}"]
        keys = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key}
        with self.log.open("wb") as output:
            self.process = spawn(command, output=output, environment={"HOME": str(self.directory), **keys})

    def is_ready(self) -> bool:
        """Whether it answers."""
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
        return False

    def _sockets(self) -> list[str]:
        paths = {name: self.directory / f"{name}.sock" for name in ("filer", "s3")}
        if any(len(str(path)) > _LONGEST_SOCKET for path in paths.values()):
            return []
        return [f"-{name}.localSocket={path}" for name, path in paths.items()]


async def make_buckets(settings: Settings) -> None:
    """Makes the buckets of documents, where they are missing."""
    store = ObjectStore(settings)
    try:
        await store.make_buckets()
    finally:
        await store.close()


def new_keys() -> dict[str, str]:
    """A fresh account, marked as a development secret."""
    return {
        "s3_access_key": f"{DEVELOPMENT_SECRET_MARK}-{secrets.token_hex(4)}",
        "s3_secret_key": f"{DEVELOPMENT_SECRET_MARK}-{secrets.token_hex(20)}",
    }
