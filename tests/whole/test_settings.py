"""Every setting is documented in a sentence, and every limit says its unit."""

import msgspec

from backend.settings import Settings
from infra.dev import settings_table


def test_the_table_of_settings_is_the_present_one() -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.render(), (
        "write it anew: python -m infra.dev.settings_table"
    )


def test_every_setting_says_in_a_sentence_what_it_is_for() -> None:
    told = settings_table.texts()
    silent = [
        field.name
        for field in msgspec.structs.fields(Settings)
        if not ((text := told.get(field.name, "")).endswith(".") and len(text.split()) > 3)
    ]
    assert silent == []
