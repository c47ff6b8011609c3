"""What `make run` prints once everything is healthy."""

from pathlib import Path

from infra.dev.instance import Instance

_EXAMPLES = Path(__file__).with_name("examples.sh")
_OF_CLERKS = Path(__file__).with_name("examples-clerk.sh")
_WRITTEN_FOR = "http://127.0.0.1:8000"


def examples(public_url: str) -> str:
    """A shell session that books an appointment in the demo city; the README shows the same."""
    return _EXAMPLES.read_text(encoding="utf-8").replace(_WRITTEN_FOR, public_url)


def clerks_examples() -> str:
    """What follows in the same shell, as the README goes on: a request that a clerk confirms. It wants ``make``."""
    return _OF_CLERKS.read_text(encoding="utf-8")


def welcome(instance: Instance, environment: dict[str, str], seconds: float) -> None:
    """Prints what to open and what to copy; the last line says that it is ready."""
    url = instance.public_url
    port = "" if instance.port == 8000 else f" PORT={instance.port}"
    pages = {
        "citizens' app": f"{url}/app",
        "clerks' console": f"{url}/console",
        "documentation": f"{url}/docs",
        "OpenAPI 3.1": f"{url}/openapi.json",
        "health": f"{url}/health/ready",
        "metrics": f"http://127.0.0.1:{environment['METRICS_PORT']}/metrics",
        "worker's metrics": f"http://127.0.0.1:{environment['WORKER_PORT']}/metrics",
        "checker's metrics": f"http://127.0.0.1:{environment['DOCUMENTS_PORT']}/metrics",
        "S3 store": environment["S3_ENDPOINT_URL"],
        "malware scanner": environment.get("CLAMD_ADDRESS") or "NONE: finds the EICAR test file only (CLAMD_ADDRESS)",
        "data and logs": str(instance.directory),
        "a clerk's token": f"make -s token{port} ROLE=clerk OFFICE=hans-sachs-haus",
    }
    print("\nBook the first appointment: copy this into another shell.\n")
    print("\n".join(f"    {line}".rstrip() for line in examples(url).splitlines()))
    print()
    for name, where in pages.items():
        print(f"  {name:16} {where}")
    if "FCM_URL" in environment:
        print(f"\nfcm {environment['FCM_URL']}  (what was pushed: /sent; to make it fail: /script)")
    if "MAIL_SINK" in environment:
        print(f"mail {environment['MAIL_SINK']}  (what was mailed: /sent)")
    print(f"\nready {url}  (after {seconds:.1f} s; Ctrl-C stops everything)", flush=True)
