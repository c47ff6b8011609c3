"""Back-off, breaker and what an answer's words mean: pure, with the chance and the clock in hand."""

from datetime import timedelta
from email.utils import format_datetime
from random import Random

import pytest

from backend.clock import system_now
from notifications.backoff import pause_seconds
from notifications.breaker import Breaker, State
from notifications.channels.answers import error_code, judge, retry_after
from notifications.model import SENT, Outcome, Trouble


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def failed(trouble: Trouble) -> Outcome:
    return Outcome(result="transient", code="CODE", trouble=trouble)


def test_back_off_grows_to_a_bound_with_full_jitter_and_a_wish_is_kept() -> None:
    chance = Random(1)
    pauses = [[pause_seconds(attempt, None, chance) for _ in range(500)] for attempt in range(1, 15)]
    for attempt, found in enumerate(pauses, start=1):
        bound = min(600.0, 2.0**attempt)
        assert 0 <= min(found) < bound * 0.05
        assert bound * 0.95 < max(found) <= bound
    wished = [pause_seconds(1, 30.0, chance) for _ in range(100)]
    assert min(wished) >= 30.0
    assert max(wished) <= 31.0
    assert pause_seconds(1, 1e9, chance) < 86_402


@pytest.mark.parametrize("trouble, in_a_row", [("misconfigured", 1), ("unavailable", 10)])
def test_a_breaker_opens_after_so_many_in_a_row(trouble: Trouble, in_a_row: int) -> None:
    breaker = Breaker()
    for _ in range(in_a_row - 1):
        breaker.ended(failed(trouble))
    if in_a_row > 1:
        breaker.ended(SENT)
        for _ in range(in_a_row - 1):
            breaker.ended(failed(trouble))
    assert breaker.allowance(100) == 100
    breaker.ended(failed(trouble))
    assert breaker.state == "open"
    assert breaker.allowance(100) == 0


def test_a_breaker_lets_one_through_after_its_pause_and_waits_longer_each_time() -> None:
    clock = Clock()
    turns: list[State] = []
    breaker = Breaker(lambda state, _: turns.append(state), clock)
    breaker.ended(failed("misconfigured"))
    for pause in (15, 30, 60, 120, 240, 300, 300):
        assert breaker.wait_seconds() == pytest.approx(pause)
        clock.now += pause - 0.1
        assert breaker.allowance(100) == 0
        clock.now += 0.2
        assert breaker.allowance(100) == 1
        breaker.begun()
        assert breaker.allowance(100) == 0, "one probe at a time"
        breaker.ended(failed("misconfigured"))
    clock.now += 301
    assert breaker.allowance(5) == 1
    breaker.begun()
    breaker.ended(Outcome(result="target_gone", code="UNREGISTERED"))
    assert breaker.allowance(5) == 5, "FCM's word about one target is an answer all the same"
    assert turns[-3:] == ["open", "half_open", "closed"]


@pytest.mark.parametrize("trouble", ["refused", "stumbled"])
def test_what_is_wrong_with_some_messages_alone_stops_no_lane_that_works(trouble: Trouble) -> None:
    breaker = Breaker()
    breaker.ended(SENT)
    for _ in range(50):
        breaker.ended(failed(trouble))
    assert breaker.state == "closed"
    breaker.ended(failed("misconfigured"))
    assert breaker.state == "open"


def test_targets_of_another_project_keep_a_new_worker_from_nobody_for_long() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(2):
        breaker.ended(failed("refused"))
    assert breaker.state == "closed"
    breaker.ended(failed("refused"))
    for _ in range(20):
        assert breaker.wait_seconds() == pytest.approx(15), "it may be theirs, or our own key's: others get their turn"
        clock.now += 15.1
        assert breaker.allowance(100) == 1
        breaker.begun()
        breaker.ended(failed("refused"))
    clock.now += 15.1
    assert breaker.allowance(100) == 1
    breaker.begun()
    breaker.ended(SENT)
    assert breaker.state == "closed"


def test_a_code_is_a_word_that_we_know_whatever_is_said() -> None:
    fcm = (
        '{"error": {"details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "%s"}]}}'
    )
    assert error_code((fcm % "UNREGISTERED").encode()) == "UNREGISTERED"
    for strange in (
        fcm % "Erika Mustermann",
        "",
        "[]",
        '{"error": "x"}',
        '{"error": {"details": [1]}}',
        "\xff",
        "<html>",
        "[" * 60_000,
    ):
        assert error_code(strange.encode("latin-1")) == ""
    now = system_now()
    assert judge(404, {}, b"<html>", now).result == "transient"
    assert judge(418, {}, b"", now) == Outcome(result="permanent", code="HTTP_418")


def test_retry_after_in_both_its_forms() -> None:
    now = system_now().replace(microsecond=0)
    assert retry_after("120", now) == 120.0
    assert retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True), now) == 90.0
    assert retry_after(format_datetime(now - timedelta(seconds=90), usegmt=True), now) == 0.0
    assert [retry_after(value, now) for value in (None, "", "soon", "-5")] == [None] * 4
    for nonsense in ("Mon, 99999999999999999999 Jan 2027 08:00:00 GMT", "1 Jan 2027 08:00 +99999999999"):
        assert retry_after(nonsense, now) is None
