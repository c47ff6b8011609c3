"""Every setting is documented, and every limit says its unit."""

from infra.dev import settings_table


def test_the_table_of_settings_is_the_present_one() -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.render(), (
        "write it anew: python -m infra.dev.settings_table"
    )
