"""Clients are made without a warning; the TypeScript and the Python one go a phone's whole way at a real server."""

import base64
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from infra.dev import nodejs
from infra.dev.contract.clients import LANGUAGES, generate
from tests.api.test_guide import Instance

pytestmark = pytest.mark.xdist_group("node")
FLOWS = Path(__file__).parent / "clients"


def side_by_side(languages: list[str], folder: Path) -> list[list[str]]:
    """Makes clients two at a time; answers what was warned of."""
    with ThreadPoolExecutor(2) as two:
        return list(two.map(generate, languages, [folder / language for language in languages]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two clients, made side by side."""
    folder = tmp_path_factory.mktemp("clients")
    assert side_by_side(["typescript", "python"], folder) == [[], []]
    return folder


@pytest.fixture(scope="module")
def picture() -> str:
    """A small PNG in base64."""
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "seagreen").save(drawn, "PNG")
    return base64.b64encode(drawn.getvalue()).decode()


def test_the_typescript_client_compiles_strictly_and_books_hands_in_and_sends(
    made: Path, instance: Instance, picture: str
) -> None:
    folder = made / "flow"
    folder.mkdir()
    (folder / "booking.ts").write_text((FLOWS / "booking.ts").read_text("utf-8"))
    (made / "client").symlink_to(made / "typescript" / "src")
    options = {
        "strict": True,
        "target": "es2022",
        "module": "commonjs",
        "moduleResolution": "node10",
        "rootDir": ".",
        "outDir": "out",
        "lib": ["es2023", "dom"],
        "types": ["node"],
        "typeRoots": [str(nodejs.HOME / "node_modules" / "@types")],
        "preserveSymlinks": True,
        "skipLibCheck": True,  # of @types/node, not of ours
    }
    (made / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["client", "flow"]}))
    compiled = nodejs.run("tsc", "--project", str(made))
    assert compiled.returncode == 0, compiled.stdout
    done = nodejs.node(str(made / "out" / "flow" / "booking.js"), instance.address, picture, cwd=made)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 2


def test_the_python_client_books_hands_in_and_sends(made: Path, instance: Instance, picture: str) -> None:
    command = [sys.executable, "-W", "error", str(FLOWS / "booking.py"), instance.address, picture]
    done = subprocess.run(
        command, cwd=made, env={"PYTHONPATH": str(made / "python")}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(done.stdout.split()) == 2


def test_the_other_clients_are_made_without_a_warning(tmp_path: Path) -> None:
    others = sorted(LANGUAGES.keys() - {"typescript", "python"})
    found = side_by_side(others, tmp_path)
    assert dict(zip(others, found, strict=True)) == {language: [] for language in others}
    for language in others:
        names = {file.name for file in (tmp_path / language).rglob("*")}
        assert any(name.lower().replace("_", "").startswith("holdin.") for name in names), language
