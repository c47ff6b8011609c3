"""`wartefrei texts preview`, and commands that come from outside of the API."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import main
from backend.notices.kinds import KINDS
from backend.notices.texting import languages

GERMAN = (Path(sys.modules["backend.notices"].__path__[0]) / "texts/de.ftl").read_text(encoding="utf-8")


def test_every_kind_is_shown_in_every_language_on_every_channel_that_it_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for options in ([], ["--short", "--by", "person"]):
        assert main(["texts", "preview", *options]) == 0
        shown = capsys.readouterr().out
        heads = {line for line in shown.splitlines() if line.startswith("── ")}
        assert heads == {
            f"── {kind.name} · {language} · {channel}"
            for kind in KINDS.values()
            for language in languages()
            for channel, used in (("push", kind.push != "never"), ("inbox", kind.inbox), ("mail", kind.mail != "never"))
            if used
        }
        assert not any(mark in shown for mark in ("{", "}", "None"))


def test_what_is_chosen_is_shown_alone_and_a_page_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--kind", "appointment.cancelled", "--language", "en", "--channel", "mail"]
    assert main(["texts", "preview", *chosen]) == 0
    text = capsys.readouterr().out
    assert text.startswith("── appointment.cancelled · en · mail\nAppointment cancelled\n")
    assert text.count("── ") == 1
    assert main(["texts", "preview", *chosen, "--html"]) == 0
    assert '<html lang="en" dir="ltr">' in capsys.readouterr().out
    assert main(["texts", "preview", "--language", "xx"]) == 2
    assert "de-leicht" in capsys.readouterr().err


def test_a_new_language_is_looked_at_before_it_is_part_of_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ar.ftl"
    file.write_text(GERMAN, encoding="utf-8")
    assert main(["texts", "preview", "--file", str(file), "--kind", "appointment.confirmed"]) == 0
    shown = capsys.readouterr().out
    assert "── appointment.confirmed · ar · push · right to left" in shown
    assert "\u2068Bürgercenter\u2069" in shown
    file.write_text(GERMAN.replace("mail-where = Wo\n", ""), encoding="utf-8")
    assert main(["texts", "preview", "--file", str(file), "--kind", "appointment.confirmed"]) == 1
    assert "mail-where is missing" in capsys.readouterr().err
    file.write_text("= not Fluent", encoding="utf-8")
    assert main(["texts", "preview", "--file", str(file)]) == 1


def test_a_program_that_lies_beside_is_a_command() -> None:
    command = str(Path(sys.executable).with_name("wartefrei"))
    for name, word in (("fcm", "UNREGISTERED"), ("mail", "/sent/N.html")):
        said = subprocess.run([command, name, "--help"], capture_output=True, text=True, check=True)
        assert f"wartefrei {name}" in said.stdout
        assert word in said.stdout
    listed = subprocess.run([command, "--help"], capture_output=True, text=True, check=True).stdout
    assert "fcm, mail" in listed
