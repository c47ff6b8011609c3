"""`make run`: starts everything the API needs, watches it, and takes everything down together.

PORT and DATA_DIR move the instance. Every setting of the program may be set in the environment and is passed on;
with DATABASE_URL or S3_ENDPOINT_URL set, the embedded server of that kind stays out.
"""

import asyncio
import os
import resource
import signal
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType

from backend.settings import Settings, SettingsError, from_environment
from infra.dev import demo, processes
from infra.dev.instance import ROOT, Instance, InstanceError, wanted_port
from infra.dev.migrate import APP, OWNER, MigrationError, bootstrap, migrate, pending
from infra.dev.ports import free_port
from infra.dev.postgres import Postgres, PostgresError
from infra.dev.processes import Child, ChildError
from infra.dev.store import Store, make_buckets
from infra.dev.welcome import welcome

DATABASE = "wartefrei"
_FAILURES = (ChildError, demo.DemoError, InstanceError, MigrationError, PostgresError, SettingsError, TimeoutError)
_MOST_FILES = 65_536
_API_GRACE_SECONDS, _SERVERS_GRACE_SECONDS = 5.0, 4.0


class Stopped(BaseException):
    """Somebody asked us to end."""


class Supervisor:
    """Starts in order, watches all, stops in the opposite order."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.servers: list[Child] = []
        self.programs: list[Child] = []
        self._begun = time.monotonic()

    def run(self) -> None:
        """Returns never: raises Stopped, or one of ``_FAILURES``."""
        self.instance.open()
        environment = self._environment()
        self._start_fcm(environment)
        self._start_relay(environment)
        store = self._start_store(environment)
        owner_url = self._start_database(environment)
        missing = asyncio.run(pending(owner_url))
        if missing:
            self._say(f"applying migrations: {', '.join(missing)}")
            migrate(owner_url)
        self._load_demo(environment)
        if store is not None:
            processes.wait_for(store.is_ready, self.servers, what="the S3 store")
            asyncio.run(make_buckets(from_environment(environment)))
        self._start_programs(environment)
        self.instance.announce()
        welcome(self.instance, environment, time.monotonic() - self._begun)
        while True:
            processes.check([*self.programs, *self.servers])
            time.sleep(0.2)

    def stop(self) -> None:
        """Ends every child, politely for nine seconds at most."""
        now = time.monotonic()
        for child in reversed(self.programs):
            child.ask_to_stop()
        for child in reversed(self.programs):
            child.await_end(now + _API_GRACE_SECONDS)
        now = time.monotonic()
        for child in self.servers:
            child.ask_to_stop()
        for child in self.servers:
            child.await_end(now + _SERVERS_GRACE_SECONDS)
        self.instance.close()

    def _environment(self) -> dict[str, str]:
        """The settings of the program: the instance's own, overridden by what the caller's environment says."""
        issuer = f"{self.instance.public_url.rstrip('/')}/dev-issuer"
        own = {
            "MODE": "embedded",
            "PUBLIC_URL": self.instance.public_url,
            "METRICS_PORT": str(free_port()),
            "WORKER_PORT": str(free_port()),
            "DOCUMENTS_PORT": str(free_port()),
            "CITIZEN_OIDC_ISSUER": issuer,
            "CITIZEN_OIDC_AUDIENCE": "wartefrei",
            "CLERK_OIDC_ISSUER": issuer,
            "CLERK_OIDC_AUDIENCE": "wartefrei-clerk",
            "CLERK_OIDC_CLIENT_ID": "wartefrei-console",
            **{name.upper(): value for name, value in self.instance.note.secrets.items()},
        }
        given = {name: os.environ[name] for name in map(str.upper, Settings.__struct_fields__) if os.environ.get(name)}
        # Told before anything starts. Where the database is ours, its address is known only later.
        from_environment({"DATABASE_URL": "postgresql://embedded", **own, **given})
        return {**own, **given}

    def _start_store(self, environment: dict[str, str]) -> Store | None:
        if "S3_ENDPOINT_URL" in environment:
            self._say("using the S3 store at S3_ENDPOINT_URL")
            return None
        self._say("starting the S3 store")
        store = Store(self.instance.directory / "s3", self.instance.log("s3"))
        store.start(environment["S3_ACCESS_KEY"], environment["S3_SECRET_KEY"])
        environment["S3_ENDPOINT_URL"] = store.url
        if store.process is not None:
            self._keep(Child("s3", store.process, store.log, signal.SIGTERM), self.servers)
        return store

    def _start_database(self, environment: dict[str, str]) -> str:
        """Answers the URL of the role that owns the schema."""
        if "DATABASE_URL" in environment:
            self._say("using the PostgreSQL at DATABASE_URL")
            return os.environ.get("DATABASE_OWNER_URL") or environment["DATABASE_URL"]
        postgres = Postgres(self.instance.directory / "postgres")
        self._say("starting PostgreSQL" if postgres.exists else "creating a PostgreSQL cluster")
        postgres.start()
        if postgres.process is not None:
            self._keep(Child("postgres", postgres.process, postgres.log, signal.SIGINT), self.servers)
        asyncio.run(bootstrap(postgres.url("postgres"), DATABASE, postgres.password))
        environment["DATABASE_URL"] = postgres.url(DATABASE, APP)
        return postgres.url(DATABASE, OWNER)

    def _load_demo(self, environment: dict[str, str]) -> None:
        database_url = environment["DATABASE_URL"]
        files = asyncio.run(demo.missing(database_url))
        if files:
            self._say(f"loading the demo cities: {', '.join(file.stem for file in files)}")
            asyncio.run(demo.load(database_url, files))
        forms = asyncio.run(demo.missing_forms(database_url))
        if forms:
            self._say(f"publishing the demo forms: {', '.join(file.stem for file in forms)}")
            asyncio.run(demo.load_forms(database_url, forms))
        asyncio.run(demo.load_clerks(database_url, environment["CLERK_OIDC_ISSUER"]))

    def _start_fcm(self, environment: dict[str, str]) -> None:
        if "FCM_SERVICE_ACCOUNT_FILE" in environment:
            self._say("using the FCM of FCM_SERVICE_ACCOUNT_FILE")
            return
        self._say("starting the loopback FCM")
        account, port = self.instance.directory / "fcm-account.json", free_port()
        account.unlink(missing_ok=True)
        program = processes.fcm(port, account)
        self._keep(processes.start(program, self.instance.log("fcm"), dict(os.environ)), self.programs)
        environment["FCM_URL"] = f"http://127.0.0.1:{port}"
        environment["FCM_SERVICE_ACCOUNT_FILE"] = str(account)

    def _start_relay(self, environment: dict[str, str]) -> None:
        if "MAIL_HOST" in environment:
            self._say("mailing through MAIL_HOST")
            return
        self._say("starting the mail sink")
        port, http = free_port(), free_port()
        program = processes.relay(port, http)
        self._keep(processes.start(program, self.instance.log("mail"), dict(os.environ)), self.programs)
        environment |= {
            "MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_SECURITY": "plaintext",
            "MAIL_FROM": environment.get("MAIL_FROM", "termine@wartefrei.invalid"), "MAIL_SINK": f"http://127.0.0.1:{http}",
        }  # fmt: skip

    def _start_programs(self, environment: dict[str, str]) -> None:
        self.instance.note.environment = environment
        inherited = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
        if account := environment.get("FCM_SERVICE_ACCOUNT_FILE"):
            processes.wait_for(Path(account).exists, self.programs, what="the service account")
        for program in processes.programs(self.instance.port, int(os.environ.get("API_WORKERS") or "1")):
            if program.exists:
                self._say(f"starting {program.name}")
                log = self.instance.log(program.name)
                self._keep(processes.start(program, log, inherited), self.programs)
        everything = [*self.programs, *self.servers]
        processes.wait_for(lambda: _answers(self.instance.port), everything, what="the API")
        processes.wait_for(lambda: _answers(int(environment["WORKER_PORT"])), everything, what="the worker")
        # Whether its scanner is there as well is nothing that anybody here waits for.
        checks = int(environment["DOCUMENTS_PORT"])
        processes.wait_for(lambda: _answers(checks, "live"), everything, what="the checker of documents")

    def _keep(self, child: Child, among: list[Child]) -> None:
        among.append(child)
        self.instance.note.processes[child.name] = child.process.pid
        self.instance.save()

    def _say(self, text: str) -> None:
        print(f"· {time.monotonic() - self._begun:4.1f} s  {text}", file=sys.stderr, flush=True)


def _answers(port: int, what: str = "ready") -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health/{what}", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def main() -> int:
    """0 after a signal, 1 after a failure, whose reason is printed."""
    _allow_connections()
    try:
        port = wanted_port()
    except InstanceError as error:
        print(f"✗ {error}", file=sys.stderr, flush=True)
        return 1
    directory = Path(os.environ.get("DATA_DIR") or f".run/{port}")
    supervisor = Supervisor(Instance(directory, port))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    code = 0
    try:
        supervisor.run()
    except Stopped:
        print("\nstopping", file=sys.stderr, flush=True)
    except _FAILURES as error:
        print(f"✗ {error}", file=sys.stderr, flush=True)
        code = 1
    finally:
        supervisor.stop()
    return code


def _allow_connections() -> None:
    """As many open files as we may have: each connection is one, and many a shell gives its children 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # once is enough: stopping is under way
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
