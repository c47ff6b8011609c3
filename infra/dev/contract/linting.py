"""Lints an OpenAPI document with Redocly's and Spectral's rules: those of OpenAPI, of OWASP and of Baloise.

Which rules, and each exception with its reason: `infra/dev/node/redocly.yaml` and `infra/dev/node/spectral.yaml`.
"""

import json
import sys
from typing import Any

from infra.dev import nodejs
from infra.dev.contract.document import document

Json = dict[str, Any]
_FILE = nodejs.HOME.parents[2] / ".cache" / "contract" / "openapi.json"  # the exceptions name it


def findings(found: Json) -> list[str]:
    """What the linters find in the document, one line each; warnings count."""
    _FILE.parent.mkdir(parents=True, exist_ok=True)
    _FILE.write_text(json.dumps(found), encoding="utf-8")
    return [*_spectral(), *_redocly()]


def _spectral() -> list[str]:
    done = nodejs.run(
        "spectral", "lint", "--ruleset", "spectral.yaml", str(_FILE), "--format", "json", "--fail-severity", "hint",
        "--quiet",
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise nodejs.NodeError(done.stdout + done.stderr)
    listed: list[Json] = json.JSONDecoder().raw_decode(done.stdout)[0]
    return [f"{one['code']}: {'/'.join(map(str, one['path']))}: {one['message']}" for one in listed]


def _redocly() -> list[str]:
    done = nodejs.run("redocly", "lint", "--config", "redocly.yaml", "--format", "json", str(_FILE))
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise nodejs.NodeError(done.stdout + done.stderr)
    listed: list[Json] = json.JSONDecoder().raw_decode(done.stdout)[0]["problems"]
    return [f"{one['ruleId']}: {one['location'][0].get('pointer')}: {one['message']}" for one in listed]


def main() -> int:
    """Prints what is found; the exit status says whether there is anything."""
    found = findings(document())
    print("\n".join(found) or "nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
