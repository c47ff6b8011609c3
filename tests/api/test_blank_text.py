"""What is blank alone is no text: to us as to whoever reads the document."""

import re

import jsonschema_rs

from api.wire import SOME_TEXT


def test_python_and_json_schema_take_the_same_letters_for_blank() -> None:
    schema = jsonschema_rs.Draft202012Validator({"type": "string", "pattern": SOME_TEXT})
    letters = [chr(code) for code in range(0x3100)] + ["\ufeff", "\U0001f600"]
    blank = [letter for letter in letters if not re.search(SOME_TEXT, letter)]
    assert blank == [letter for letter in letters if not schema.is_valid(letter)]
    assert {" ", "\t", "\x1d", "\x85", "\u2003", "\ufeff"} <= set(blank)
    assert not {"a", ".", "\u200b", "\U0001f600"} & set(blank)
