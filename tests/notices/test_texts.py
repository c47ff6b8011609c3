"""Every kind is said in every language; what goes through other hands says nothing of anybody."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from backend.notices import texting
from backend.notices.kinds import GROUPS, KINDS
from backend.notices.model import Facts, OfficeFacts
from backend.notices.texting import Language, TextError, language_of, languages, negotiate, push_text, render

ROOT = Path(__file__).parents[2]
OFFICE = OfficeFacts(
    id=uuid4(), city="here", city_name="Hierstadt", name="Rathaus", zone="Europe/Berlin", address="Markt 1, 45879 Hier"
)
FACTS = Facts(
    reference="GE-7K4M-92XQ",
    counter="Schalter 3",
    services=({"de": {"name": "Reisepass"}, "en": {"name": "Passport"}},),
    office=OFFICE,
)
FULL: dict[str, Any] = {
    "startsAt": "2026-12-01T08:00:00+00:00",
    "until": "2026-12-01T08:15:00+00:00",
    "reason": "Zu wenig Personal",
    "title": {"de": "Hund anmelden", "en": "Register a dog"},
    "name": "foto.jpg",
    "texts": {"de": {"title": "Straßenfest", "body": "Am Samstag."}, "en": {"title": "Fair", "body": "On Saturday."}},
}
MADE_UP = ("Rathaus", "Markt", "GE-7K4M", "Reisepass", "Passport", "Schalter 3", "2026", "08:", "09:", "Personal")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_said_in_every_language(kind: str, language: str) -> None:
    for by in ("person", "clerk", "system"):
        for data in ({**FULL, "by": by}, {"by": by}):
            said = render(kind, languages()[language], data, FACTS if "reason" in data else Facts())
            assert len(said.title) > 3
            if kind != "announcement.city" or "reason" in data:
                assert len(said.body) > 5
            assert not re.search(r"[{}]|\$\w", said.title + said.body)
    title, body = push_text(kind, language)
    assert title
    assert body
    assert not any(word in title + body for word in MADE_UP)


@pytest.mark.parametrize(
    "asked, written, spoken",
    [("en", ("de", "en"), "en"), ("en", ("de",), "de"), ("de-leicht", ("de", "en"), "de"), ("de", ("en",), "en")],
)
def test_an_announcement_is_in_the_language_that_it_was_written_in(
    asked: str, written: tuple[str, ...], spoken: str
) -> None:
    texts = {name: {"title": f"title {name}", "body": f"body {name}"} for name in written}
    said = render("announcement.city", languages()[asked], {"texts": texts}, Facts())
    assert (said.language, said.title, said.body) == (spoken, f"title {spoken}", f"body {spoken}")


def test_a_push_has_no_variables() -> None:
    for language in languages():
        source = (ROOT / f"backend/notices/texts/{language}.ftl").read_text(encoding="utf-8")
        lines = re.findall(r"^    \.(?:title|push) = (.*)$", source, re.MULTILINE)
        assert len(lines) == 2 * (len(KINDS) + 1)
        assert [line for line in lines if "{" in line] == []


def test_every_language_knows_the_same_messages() -> None:
    known = {
        name: set(
            re.findall(
                r"^([a-z][a-z_-]*) =", (ROOT / f"backend/notices/texts/{name}.ftl").read_text("utf-8"), re.MULTILINE
            )
        )
        for name in languages()
    }
    assert {"de", "en", "de-leicht"} <= known.keys()
    for name, messages in known.items():
        assert messages == known["de"], name


def test_every_kind_that_anything_writes_is_in_the_table() -> None:
    pattern = re.compile(r"""['"]((?:appointment|waiting|case|draft|document|announcement)\.[a-z_]+)['"]""")
    states = "requested confirmed checked_in called parked completed rejected cancelled no_show expired"
    written = {f"appointment.{state}" for state in [*states.split(), "rescheduled", "contact_changed"]}
    for path in sorted((ROOT / "infra/migrations").glob("*.sql")):
        for call in re.findall(r"PERFORM tell\((.*?)\);", path.read_text("utf-8"), re.DOTALL):
            written |= set(pattern.findall(call))
    for path in sorted((ROOT / "backend").rglob("*.py")):
        text = path.read_text("utf-8")
        if "Telling(" in text:
            written |= set(pattern.findall(text))
    assert written - KINDS.keys() == set()
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)


def test_dates_are_the_offices_in_the_languages_own_form() -> None:
    data = {"startsAt": "2026-07-01T06:05:00+00:00"}
    assert "Mittwoch, 1. Juli 2026, 08:05 Uhr" in render("appointment.confirmed", language_of("de"), data, FACTS).body
    assert "Wednesday, 1 July 2026 at 08:05" in render("appointment.confirmed", language_of("en"), data, FACTS).body


@pytest.mark.parametrize(
    "tag, name",
    [
        ("de-AT", "de"),
        ("de-x-leicht", "de-leicht"),
        ("DE_Leicht", "de-leicht"),
        ("en-GB", "en"),
        ("tr", "en"),
        (None, "de"),
    ],
)
def test_a_tag_leads_to_the_nearest_language(tag: str | None, name: str) -> None:
    assert language_of(tag).name == name


@pytest.mark.parametrize(
    "accept, own, name",
    [
        (None, "de", "de"),
        ("fr, en;q=0.5", "de", "en"),
        ("fr", "de", "de"),
        ("de", "de-leicht", "de-leicht"),
        ("en", "de-leicht", "en"),
        ("de-leicht", "en", "de-leicht"),
        ("de;q=x, en", "de", "en"),
    ],
)
def test_the_reader_is_asked_first(accept: str | None, own: str, name: str) -> None:
    assert negotiate(accept, own).name == name


ARABIC = """
days = { $days ->
    [zero] لا أيام
    [one] يوم واحد
    [two] يومان
    [few] { $days } أيام
    [many] { $days } يومًا
   *[other] { $days } يوم
 }
place = الموعد في { $office } يوم { $date }
"""


def test_a_language_from_right_to_left_keeps_what_is_put_in_apart() -> None:
    arabic = Language("ar", ARABIC)
    assert arabic.direction == "rtl"
    said = arabic.say("place", {"office": "Rathaus 3", "date": "1"})
    assert "\u2068Rathaus 3\u2069" in said
    forms = {arabic.say("days", {"days": n}) for n in (0, 1, 2, 3, 11, 100)}
    assert len(forms) == 6
    assert arabic.say("days", {"days": 3}).endswith("أيام")
    assert arabic.say("days", {"days": 11}).endswith("يومًا")


def test_a_word_from_right_to_left_is_kept_apart_in_german_and_nothing_else_is() -> None:
    german = Language("de", "place = Im { $office }, Zimmer 3")
    assert german.say("place", {"office": "بيت"}) == "Im \u2068بيت\u2069, Zimmer 3"
    assert german.say("place", {"office": "Rathaus"}) == "Im Rathaus, Zimmer 3"


def test_what_is_missing_or_broken_is_an_error() -> None:
    with pytest.raises(TextError):
        Language("de", "a = { $b").say("a")
    with pytest.raises(TextError):
        Language("de", "a = { $b }").say("a")
    with pytest.raises(TextError):
        texting.language_of("de").say("nothing.title")
