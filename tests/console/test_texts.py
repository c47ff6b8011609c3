"""Every word of the console is used, and every word that is used is there, in both languages."""

import re
import tomllib
from pathlib import Path
from typing import Any, cast

CONSOLE = Path(__file__).parents[2] / "api" / "console"
SCRIPTS = {path.name: path.read_text("utf-8") for path in (CONSOLE / "static").glob("*.js")}
PAGES = "\n".join(path.read_text("utf-8") for path in (CONSOLE / "templates").glob("*.html"))
CODE = "\n".join(path.read_text("utf-8") for path in CONSOLE.glob("*.py"))
OURS = "\n".join(text for name, text in SCRIPTS.items() if not name.startswith("qr"))


def texts(language: str) -> dict[str, Any]:
    return tomllib.loads((CONSOLE / "texts" / f"{language}.toml").read_text("utf-8"))


def flat(found: dict[str, Any], above: str = "") -> dict[str, str]:
    """``nav.today`` and so on; what scripts use is by its own key."""
    words: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            words |= flat(cast("dict[str, Any]", value), f"{above}{name}.")
        else:
            words[above + name] = value
    return words


def unused(words: dict[str, str], scripts: str, pages: str, code: str) -> list[str]:
    """Those of ``words`` that nothing asks for: by name, or by a name that is put together."""
    literal = set(re.findall(r'"([^"\s]+)"', scripts))
    made = [one.partition("${")[0] for one in re.findall(r"[( ]`([a-z][\w-]*\.[\w.-]*\$\{[^`]*\})`", scripts)]

    def used(key: str) -> bool:
        section, _, last = key.rpartition(".")
        if key.startswith("js."):
            name = key.removeprefix("js.")
            return name in literal or any(name.startswith(one) and "." not in name[len(one) :] for one in made)
        by_name = rf"\bt\.{re.escape(key)}\b|\bt\.{re.escape(section)}\["
        return bool(
            re.search(by_name, pages) or (f'texts(language)["{section}"]' in code and f'words["{last}"]' in code)
        )

    return sorted(key for key in words if not used(key))


def test_both_languages_have_the_same_words() -> None:
    assert flat(texts("de")).keys() == flat(texts("en")).keys()
    for language in ("de", "en"):
        assert [key for key, text in flat(texts(language)).items() if not text.strip()] == []


def test_no_word_has_a_name_that_templates_take_for_a_method() -> None:
    """``t.keys`` would be the method of a dict."""
    assert [
        key for key in flat(texts("de")) if not key.startswith("js.") and hasattr(dict, key.rpartition(".")[2])
    ] == []


def test_values_that_are_put_in_are_the_same_in_both_languages() -> None:
    german, english = flat(texts("de")), flat(texts("en"))
    holes = re.compile(r"\{(\w+)\}")
    assert [key for key in german if set(holes.findall(german[key])) != set(holes.findall(english[key]))] == []


def test_every_word_is_used() -> None:
    assert unused(flat(texts("de")), OURS, PAGES, CODE) == []


def test_a_word_that_nobody_asks_for_is_found() -> None:
    assert unused({"js.nobody": "x", "today.nobody": "x", "nav.today": "x"}, OURS, PAGES, CODE) == [
        "js.nobody",
        "today.nobody",
    ]


def test_every_word_that_is_asked_for_is_there() -> None:
    known = flat(texts("de"))
    asked = {f"js.{key}" for key in re.findall(r'\bt\("([^"]+)"', OURS)}
    asked |= set(re.findall(r"\bt\.([a-z_]+(?:\.[a-z_]+)*)\b", PAGES))
    sections = {key.rpartition(".")[0] for key in known}
    assert sorted(key for key in asked if key not in known and key not in sections) == []
