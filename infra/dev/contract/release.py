"""Keeps the document of a release, and says what the changelog owes since the last one.

    python -m infra.dev.contract.release          what changed, and what is not told yet
    python -m infra.dev.contract.release --write  keeps the present document under its version

The last kept document is what clients were promised. Whoever adds to it says so in `CHANGELOG.md`; what breaks it
stands there under "### Breaking", and the version says so: a new major one, below 1.0.0 a new minor one.
"""

import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from infra.dev.contract.changes import Comparison, compare
from infra.dev.contract.document import document

Json = dict[str, Any]
ROOT = Path(__file__).parents[3]
KEPT = ROOT / "api" / "released"
CHANGELOG = ROOT / "CHANGELOG.md"
_SECTION = re.compile(r"^## (\d+\.\d+\.\d+)(.*)$", re.MULTILINE)


def last() -> tuple[str, Json]:
    """The version and the document that was kept last."""
    file = max(KEPT.glob("openapi-*.json"), key=lambda one: _numbers(_version(one)))
    found: Json = msgspec.json.decode(file.read_bytes())
    return _version(file), found


def owed(changes: Comparison, changelog: str, kept: str, now: str) -> list[str]:
    """What the changelog and the version still owe; empty: nothing. ``kept`` and ``now`` are versions."""
    breaks, news = _newer(changelog, kept, "Breaking"), _newer(changelog, kept, "")
    found = [f"not told under Breaking: {one}" for one in changes.breaking if f"`{one.subject}`" not in breaks]
    if _in_the_making(changelog, kept):
        return found  # its own section tells of everything that is new
    found += [f"not told: {one}" for one in changes.other if f"`{one.subject}`" not in news]
    before, after = _numbers(kept), _numbers(now)
    if changes.breaking and not (after[0] > before[0] or (after[0] == before[0] == 0 and after[1] > before[1])):
        found.append(f"what breaks wants another version than {now} after {kept}")
    return found


def write() -> Path:
    """Keeps the present document."""
    version: str = document()["info"]["version"]
    KEPT.mkdir(exist_ok=True)
    file = KEPT / f"openapi-{version}.json"
    file.write_bytes(msgspec.json.encode(document(), order="deterministic") + b"\n")
    return file


def _newer(changelog: str, kept: str, under: str) -> str:
    """What stands under a heading that begins with ``under`` in sections newer than ``kept``, or its own unreleased."""
    own = {kept} if _in_the_making(changelog, kept) else set[str]()
    texts = [text for version, text in _sections(changelog) if _numbers(version) > _numbers(kept) or version in own]
    parts = [part for text in texts for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]]
    return "\n".join(part for part in parts if part.startswith(under))


def _sections(changelog: str) -> list[tuple[str, str]]:
    heads = list(_SECTION.finditer(changelog))
    ends = [head.start() for head in heads[1:]] + [len(changelog)]
    return [(head[1], changelog[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def _in_the_making(changelog: str, version: str) -> bool:
    return any(head[1] == version and "unreleased" in head[2] for head in _SECTION.finditer(changelog))


def _version(file: Path) -> str:
    return file.stem.removeprefix("openapi-")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main() -> int:
    """Prints what changed and what is owed; the status says whether anything is."""
    if "--write" in sys.argv[1:]:
        print(f"kept as {write().relative_to(ROOT)}")
        return 0
    kept, old = last()
    changes = compare(old, document())
    print("\n".join([*(f"breaks: {one}" for one in changes.breaking), *map(str, changes.other)]) or "nothing changed")
    debts = owed(changes, CHANGELOG.read_text(encoding="utf-8"), kept, document()["info"]["version"])
    print("\n".join(debts))
    return 1 if debts else 0


if __name__ == "__main__":
    sys.exit(main())
