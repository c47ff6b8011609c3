"""Writes ``infra/operations/settings.md`` from ``backend.settings_fields``: every variable, its default, what for."""

import ast
import itertools
from pathlib import Path

import msgspec

from backend import settings_fields
from backend.settings_fields import Fields

PAGE = Path(__file__).parents[1] / "operations" / "settings.md"
_HEAD = """# Settings

Every setting is an environment variable of the API's processes. What has no default must be given; what a process finds
unsafe or missing it names, and does not start. This page is written by `python -m infra.dev.settings_table`.

| variable | default | what it is for |
|---|---|---|
"""


def render() -> str:
    """The page."""
    told = texts()
    rows = [
        f"| `{field.name.upper()}` | {_default(field)} | {told.get(field.name, '')} |"
        for field in msgspec.structs.fields(Fields)
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return "required"
    return f"`{field.default}`" if field.default not in (None, "") else ""


def texts() -> dict[str, str]:
    """The strings under the fields; the test of settings wants one under each."""
    tree = ast.parse(Path(settings_fields.__file__).read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Fields").body
    found: dict[str, str] = {}
    for field, after in itertools.pairwise(body):
        said = after.value if isinstance(after, ast.Expr) else None
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(said, ast.Constant):
            found[field.target.id] = " ".join(str(said.value).split()).replace("|", "\\|")
    return found


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
