"""The inspecting process: an order on standard input, findings on standard output."""

import resource
import sys

import msgspec

from backend.documents.inspection.model import Findings, Order, Refused

_FILE_BYTES = 400_000_000


def main() -> int:
    """0 with findings; anything else, or none, means that the file was more than this process could take."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    # At a hard limit of seconds comes the same signal as from whoever kills it: so that limit is the later one.
    resource.setrlimit(resource.RLIMIT_CPU, (order.seconds, order.seconds + 1))
    for limit, most in (
        (resource.RLIMIT_AS, order.memory_bytes),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        findings = _inspect(order)
    except Refused as refused:
        findings = Findings(refused=refused.reason)
    except MemoryError:
        findings = Findings(refused="too-complex")
    sys.stdout.buffer.write(msgspec.json.encode(findings))
    return 0


def _inspect(order: Order) -> Findings:
    # Imported under the limits, and only what is needed.
    from backend.documents.inspection.types import media_type_of  # noqa: PLC0415

    media_type = media_type_of(order.original)
    if media_type is None or media_type not in order.types:
        raise Refused("type-not-allowed")
    if media_type == "application/pdf":
        from backend.documents.inspection import pdf  # noqa: PLC0415

        return pdf.inspect(order)
    from backend.documents.inspection import images  # noqa: PLC0415

    return images.inspect(order, media_type)


if __name__ == "__main__":
    sys.exit(main())
