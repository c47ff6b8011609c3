"""At the desk, without a connection: `wartefrei pass verify` tells by its exit status and in words."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli import main
from backend.appointments import passes
from backend.clock import system_now
from tests.desk.samples import BERLIN, appointment
from tests.desk.test_passes import KEY, OTHER

TOMORROW = system_now().replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=1)


def token(start: datetime = TOMORROW) -> str:
    whole = appointment(starts_at=start)
    return passes.sign(passes.claims_of(whole, "Bürgercenter Buer", BERLIN, "https://termine.example"), KEY)


@pytest.fixture
def keys(tmp_path: Path) -> str:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [OTHER.jwk, KEY.jwk]}))
    return str(path)


def test_a_genuine_pass_is_told_with_all_that_it_says(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pass", "verify", "--lang", "de", "--keys", keys, token()]) == 0
    told = capsys.readouterr().out
    assert "Echter Terminpass" in told
    assert "GE-7K4M-92XQ" in told
    assert "Bürgercenter Buer" in told
    assert f"{TOMORROW.astimezone(BERLIN):%Y-%m-%d %H:%M}" in told


def test_it_speaks_english_as_well(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pass", "verify", "--lang", "en", "--keys", keys, token()]) == 0
    assert "Genuine pass" in capsys.readouterr().out


def test_a_scanner_may_write_to_standard_input(keys: str) -> None:
    command = [sys.executable, "-m", "api.cli", "pass", "verify", "--lang", "en", "--keys", keys, "-"]
    told = subprocess.run(command, input=token() + "\n", capture_output=True, text=True, check=True)
    assert "Genuine pass" in told.stdout


def test_a_forged_pass_is_told_apart_from_one_that_ran_out(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    forged = token()[:-6] + "AAAAAA"
    assert main(["pass", "verify", "--lang", "de", "--keys", keys, forged]) == 1
    assert "kein echter" in capsys.readouterr().err
    assert main(["pass", "verify", "--lang", "de", "--keys", keys, token(datetime(2026, 1, 5, 9, tzinfo=UTC))]) == 3
    assert "abgelaufen" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", "not json", '{"keys": 1}'])
def test_unreadable_keys_are_no_verdict_about_the_pass(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.json"
    if text is not None:
        path.write_text(text)
    assert main(["pass", "verify", "--keys", str(path), token()]) == 4


def test_keys_of_someone_else_prove_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [OTHER.jwk]}))
    assert main(["pass", "verify", "--keys", str(path), token()]) == 1


def test_wrong_usage_is_neither(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["pass", "verify"])
    assert ended.value.code == 2
