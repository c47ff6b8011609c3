"""Figures as a table that the reader's spreadsheet opens by a double click: in their language, a line a value."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from api.console.rendering import texts
from api.texts import Language
from backend.figures.model import Figures

_Line = tuple[str, date | str, int | str, float, str]


def csv_of(found: Figures, language: Language) -> bytes:
    """Figure, day or hour, value, unit. UTF-8 with a mark, without which Excel takes it for another encoding.

    A German one wants semicolons between and a comma in its numbers: it takes commas for those, and points for dates.
    Days are of the form YYYY-MM-DD, which both read.
    """
    words: Any = texts(language)["figures_table"]
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";" if language == "de" else ",")
    lines.writerow((words["figure"], words["day"], words["hour"], words["value"], words["unit"]))
    for figure, day, hour, value, unit in _lines(found, words):
        number = f"{value:.2f}".rstrip("0").rstrip(".")
        lines.writerow((figure, day, hour, number.replace(".", ",") if language == "de" else number, unit))
    return text.getvalue().encode("utf-8-sig")


def _lines(found: Figures, words: Any) -> Iterator[_Line]:
    minutes, visits = words["minutes"], words["appointments"]
    for day in found.waiting:
        yield words["called"], day.day, "", day.people, words["people"]
        yield words["median"], day.day, "", round(day.median, 1), minutes
        yield words["worst_tenth"], day.day, "", round(day.worst_tenth, 1), minutes
    for one in found.outcomes:
        yield words["completed"], one.day, "", one.completed, visits
        yield words["absent"], one.day, "", one.no_show, visits
        yield words["cancelled"], one.day, "", one.cancelled, visits
    for hour in found.hours:
        yield words["booked"], "", hour.hour, round(hour.booked_minutes), minutes
        yield words["open"], "", hour.hour, round(hour.open_minutes), minutes
    for lead in found.lead:
        yield words["lead"], lead.day, "", lead.days, words["days"]
