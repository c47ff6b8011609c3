"""Plots as numbers: where each point lies in a drawing of fixed size. The template makes SVG and a table of them."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 10, 24
_STEPS = (1, 2, 2.5, 5, 10)


class Tick(msgspec.Struct, frozen=True):
    """A mark of an axis."""

    at: float
    text: str


class Line(msgspec.Struct, frozen=True):
    """A row of values: a path with gaps where there is no value, and its points."""

    name: str
    path: str
    points: list[tuple[float, float, str]]


class Bar(msgspec.Struct, frozen=True):
    """One bar."""

    x: float
    y: float
    width: float
    height: float
    text: str


class Plot(msgspec.Struct, frozen=True):
    """A plot and, in ``rows`` under ``heads``, its table."""

    title: str
    unit: str
    lines: list[Line]
    bars: list[Bar]
    across: list[Tick]
    up: list[Tick]
    heads: list[str]
    rows: list[list[str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    floor: int = HEIGHT - _BOTTOM
    right: int = WIDTH - _RIGHT


def over_days(
    title: str,
    unit: str,
    span: tuple[date, date],
    series: Sequence[tuple[str, Sequence[tuple[date, float]]]],
    language: str,
) -> Plot:
    """Lines over days; days without a value are gaps of the line, and not in the table."""
    first, last = span
    days = max((last - first).days, 1)
    top, up = _scale([value for _, values in series for _, value in values], language)

    def place(day: date, value: float) -> tuple[float, float]:
        across = _LEFT + 6 + (WIDTH - _LEFT - _RIGHT - 12) * (day - first).days / days
        return round(across, 1), _height(value, top)

    lines = [
        Line(
            name,
            _path([(day, *place(day, value)) for day, value in values]),
            [(*place(d, v), f"{_day(d, language)}: {number(v, language)} {unit}") for d, v in values],
        )
        for name, values in series
        if values
    ]
    every = max(1, math.ceil(days / 7))
    across = [
        Tick(place(d, 0)[0], _day(d, language)) for d in (first + timedelta(n) for n in range(0, days + 1, every))
    ]
    shown = sorted({day for _, values in series for day, _ in values})
    known = [dict(values) for _, values in series]
    rows = [[_day(d, language), *(number(k[d], language) if d in k else "–" for k in known)] for d in shown]
    heads = [{"de": "Tag", "en": "Day"}[language], *(name for name, _ in series)]
    return Plot(title, unit, lines, [], across, up, heads, rows)


def over_hours(title: str, unit: str, values: Sequence[tuple[int, float]], language: str) -> Plot:
    """Bars by hour of the day."""
    top, up = _scale([100.0], language)
    room = (WIDTH - _LEFT - _RIGHT) / max(len(values), 1)
    width = min(room * 0.62, 48)
    bars = [
        Bar(
            round(_LEFT + room * (n + 0.5) - width / 2, 1),
            _height(value, top),
            round(width, 1),
            round(HEIGHT - _BOTTOM - _height(value, top), 1),
            f"{hour}–{hour + 1}: {number(value, language)} {unit}",
        )
        for n, (hour, value) in enumerate(values)
    ]
    across = [Tick(round(_LEFT + room * (n + 0.5), 1), f"{hour}–{hour + 1}") for n, (hour, _) in enumerate(values)]
    rows = [[f"{hour}–{hour + 1}", number(value, language)] for hour, value in values]
    return Plot(title, unit, [], bars, across, up, [{"de": "Uhrzeit", "en": "Hour"}[language], unit], rows)


def number(value: float, language: str) -> str:
    """To one decimal, none where it is large."""
    text = f"{value:.0f}" if value >= 100 or value == round(value) else f"{value:.1f}"
    return text.replace(".", ",") if language == "de" else text


def _day(day: date, language: str) -> str:
    return f"{day.day}.{day.month}." if language == "de" else f"{day:%b} {day.day}"


def _height(value: float, top: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - min(value / top, 1)), 1)


def _scale(values: Sequence[float], language: str) -> tuple[float, list[Tick]]:
    """The value at the top, and four marks below it that read well."""
    most = max([*values, 1.0])
    power = 10 ** math.floor(math.log10(most / 4)) if most > 0.4 else 0.1
    step = next(power * s for s in _STEPS if power * s * 4 >= most)
    top = step * 4
    return top, [Tick(_height(step * n, top), number(step * n, language)) for n in range(5)]


def _path(points: Sequence[tuple[date, float, float]]) -> str:
    parts: list[str] = []
    before: date | None = None
    for day, x, y in points:
        # A weekend is no gap worth showing; a week without a value is.
        parts.append(f"{'L' if before is not None and (day - before).days <= 4 else 'M'}{x} {y}")
        before = day
    return "".join(parts)
