"""A misread or mistyped reference is noticed before it finds somebody else's appointment."""

import pytest

from backend.reference import ALPHABET, new_reference, normalise

REFERENCES = [new_reference("GE") for _ in range(60)]


def test_no_symbol_looks_like_another() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set("01OIL") & set(ALPHABET)


@pytest.mark.parametrize("reference", REFERENCES, ids=range(len(REFERENCES)))
def test_every_single_wrong_character_is_found(reference: str) -> None:
    for position in [3, 4, 5, 6, 8, 9, 10, 11]:
        for symbol in set(ALPHABET) - {reference[position]}:
            assert normalise(reference[:position] + symbol + reference[position + 1 :]) is None


def test_every_swap_of_neighbours_is_found() -> None:
    for reference in REFERENCES:
        symbols = reference[3:].replace("-", "")
        for left in range(7):
            if symbols[left] != symbols[left + 1]:
                swapped = symbols[:left] + symbols[left + 1] + symbols[left] + symbols[left + 2 :]
                assert normalise(f"GE-{swapped}") is None


@pytest.mark.parametrize("spoken", ["{}", " {} ", "{}\n"])
def test_case_spaces_and_dashes_do_not_matter(spoken: str) -> None:
    for reference in REFERENCES:
        bare = reference.replace("-", "").lower()
        assert normalise(spoken.format(bare)) == reference
        assert normalise(f"{bare[:2]} {bare[2:6]}–{bare[6:]}") == reference


@pytest.mark.parametrize(
    "text", ["", "GE", "GE-7K4M", "GE-0000-0000", "7K4M92XQ", "GE-7K4M-92XQ-A", "🙂", "GE-" + "7" * 9_000]
)
def test_what_is_no_reference_is_none(text: str) -> None:
    assert normalise(text) is None
