"""The sandbox is open every day of the year: an app is tried out on holidays, too."""

import pytest

from backend.catalogue.holidays import closed_days
from backend.catalogue.yaml_document import read
from backend.sandbox.service import city_file


@pytest.mark.parametrize("year", range(2026, 2031))
def test_no_day_is_a_holiday_there(year: int) -> None:
    city = read(city_file()).city
    assert closed_days(city.state, city.municipal_holidays, year) == {}
