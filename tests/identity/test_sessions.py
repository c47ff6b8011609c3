"""A guest's session: begun once per request, kept up by tokens good for one use, ended by a copy in other hands."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from backend.db import Database
from backend.idempotency.errors import KeyInFlight, KeyReused
from backend.identity import Callers, open_callers
from backend.identity.errors import SessionBegun, SessionEnded, TokenInvalid
from backend.identity.model import Tokens
from backend.identity.sessions import Sessions
from backend.identity.sweeping import Sweeper
from backend.identity.tokens import TokenService
from backend.settings import Settings
from infra.dev.keys import development_keys
from tests.identity.phone import PHONE, guest, refresh, rows


async def test_a_guest_is_always_a_new_person(callers: Callers, now: datetime) -> None:
    first, second = await guest(callers, now), await guest(callers, now)
    assert first.person_id != second.person_id
    assert first.session_id != second.session_id
    one = await callers.citizen(first.access_token, now)
    two = await callers.citizen(second.access_token, now)
    assert one.person_id == first.person_id
    assert one.device_id == two.device_id, "the device's own limits hold across its guests"


async def test_neither_installation_nor_refresh_token_is_stored(
    callers: Callers, database: Database, now: datetime
) -> None:
    tokens = await guest(callers, now)
    tokens = await refresh(callers, tokens, now)
    tables = ("person", "session", "refresh_token", "idempotency_record", "audit_entry")
    for table in tables:
        for row in await rows(database, f"SELECT to_jsonb(t)::text AS text FROM {table} t"):
            for secret in (PHONE, tokens.refresh_token, tokens.access_token):
                assert secret not in row["text"]
                assert secret.encode().hex() not in row["text"]


def test_devices_are_kept_apart_by_installation_and_by_key(make_settings: Callable[..., Settings]) -> None:
    def sessions(pem: str) -> Sessions:
        settings = make_settings("x", token_signing_keys=pem)
        return Sessions(Database.__new__(Database), TokenService(settings), settings)

    old, new = (development_keys()["token_signing_keys"] for _ in range(2))
    assert sessions(old).device_id(PHONE) == sessions(new + old).device_id(PHONE), "a key that joins changes no device"
    assert sessions(old).device_id(PHONE) != sessions(old).device_id(PHONE + "2")
    assert sessions(old).device_id(PHONE) != sessions(new).device_id(PHONE)


async def test_the_same_key_makes_one_guest_and_gives_working_tokens_each_time(
    callers: Callers, database: Database, now: datetime
) -> None:
    first = await guest(callers, now, key="once")
    again = await guest(callers, now + timedelta(minutes=1), key="once")
    assert (again.person_id, again.session_id) == (first.person_id, first.session_id)
    assert (first.replayed, again.replayed) == (False, True)
    assert await rows(database, "SELECT count(*) FROM person") == [{"count": 1}]
    assert await refresh(callers, again, now + timedelta(minutes=1))


async def test_two_parallel_posts_of_one_key_make_one_guest(
    callers: Callers, database: Database, now: datetime
) -> None:
    results = await asyncio.gather(*(guest(callers, now, key="once") for _ in range(8)), return_exceptions=True)
    made = [r for r in results if isinstance(r, Tokens)]
    assert len({tokens.person_id for tokens in made}) == 1
    assert all(isinstance(r, Tokens | KeyInFlight) for r in results)
    assert await rows(database, "SELECT count(*) FROM person") == [{"count": 1}]


async def test_another_device_with_the_same_key_is_another_guest(callers: Callers, now: datetime) -> None:
    first = await guest(callers, now, key="1")
    second = await guest(callers, now, installation="installation-of-another", key="1")
    assert first.person_id != second.person_id


async def test_the_same_key_with_another_body_is_refused(callers: Callers, now: datetime) -> None:
    await guest(callers, now, key="once")
    with pytest.raises(KeyReused):
        await guest(callers, now, key="once", body=b"other")


async def test_a_session_in_use_is_not_given_out_for_its_old_key(callers: Callers, now: datetime) -> None:
    first = await guest(callers, now, key="once")
    await refresh(callers, first, now)
    with pytest.raises(SessionBegun):
        await guest(callers, now, key="once")


async def test_refreshing_rotates_and_keeps_the_session(callers: Callers, now: datetime) -> None:
    tokens = await guest(callers, now)
    seen = {tokens.refresh_token}
    for number in range(1, 4):
        later = now + timedelta(minutes=9 * number)
        fresh = await refresh(callers, tokens, later)
        assert (fresh.person_id, fresh.session_id) == (tokens.person_id, tokens.session_id)
        assert fresh.refresh_token not in seen
        assert (await callers.citizen(fresh.access_token, later)).person_id == tokens.person_id
        seen.add(fresh.refresh_token)
        tokens = fresh


async def test_parallel_refreshes_all_succeed_and_nobody_is_logged_out(callers: Callers, now: datetime) -> None:
    tokens = await guest(callers, now)
    fresh = await asyncio.gather(*(refresh(callers, tokens, now) for _ in range(8)))
    assert len({each.refresh_token for each in fresh}) == 8
    for each in fresh:
        assert await refresh(callers, each, now + timedelta(minutes=5))


async def test_a_used_token_is_good_within_the_grace(callers: Callers, now: datetime, settings: Settings) -> None:
    tokens = await guest(callers, now)
    await refresh(callers, tokens, now)
    within = now + timedelta(seconds=settings.refresh_grace_seconds)
    second = await refresh(callers, tokens, within)
    assert await refresh(callers, second, within)


async def test_a_used_token_after_the_grace_ends_the_session_for_everyone(
    callers: Callers, database: Database, now: datetime, settings: Settings
) -> None:
    tokens = await guest(callers, now)
    fresh = await refresh(callers, tokens, now)
    late = now + timedelta(seconds=settings.refresh_grace_seconds + 1)
    with pytest.raises(SessionEnded):
        await refresh(callers, tokens, late)
    with pytest.raises(SessionEnded):
        await refresh(callers, fresh, late)
    (session,) = await rows(database, "SELECT ended_at, end_reason FROM session")
    assert session == {"ended_at": late, "end_reason": "reuse"}
    (entry,) = await rows(database, "SELECT action, entity_id FROM audit_entry")
    assert entry == {"action": "session.ended_for_reuse", "entity_id": str(tokens.session_id)}


async def test_the_grace_counts_from_the_first_use(callers: Callers, now: datetime, settings: Settings) -> None:
    tokens = await guest(callers, now)
    for seconds in range(0, settings.refresh_grace_seconds, 10):
        await refresh(callers, tokens, now + timedelta(seconds=seconds))
    late = now + timedelta(seconds=settings.refresh_grace_seconds + 1)
    with pytest.raises(SessionEnded):
        await refresh(callers, tokens, late)


async def test_a_phone_that_lost_the_answer_asks_again_with_its_key_however_late(
    callers: Callers, now: datetime
) -> None:
    tokens = await guest(callers, now)
    await refresh(callers, tokens, now, key="lost")
    late = now + timedelta(hours=2)
    again = await refresh(callers, tokens, late, key="lost")
    assert again.replayed
    assert await refresh(callers, again, late)


async def test_ending_one_family_leaves_the_others(callers: Callers, now: datetime) -> None:
    mine, other = await guest(callers, now), await guest(callers, now)
    await refresh(callers, mine, now)
    with pytest.raises(SessionEnded):
        await refresh(callers, mine, now + timedelta(hours=1))
    assert await refresh(callers, other, now + timedelta(hours=1))


@pytest.mark.parametrize("shown", ["", "made-up", "x" * 10_000, "é"])
async def test_an_unknown_token_is_just_invalid(callers: Callers, now: datetime, shown: str) -> None:
    with pytest.raises(TokenInvalid):
        await refresh(callers, shown, now)


async def test_an_unused_session_runs_out_and_a_used_one_goes_on(
    callers: Callers, now: datetime, settings: Settings
) -> None:
    idle, busy = await guest(callers, now), await guest(callers, now)
    lifetime = timedelta(days=settings.refresh_token_days)
    renewed = await refresh(callers, busy, now + lifetime / 2)
    end = now + lifetime
    with pytest.raises(SessionEnded):
        await refresh(callers, idle, end)
    assert await refresh(callers, renewed, end)


async def test_logging_out_ends_refreshing_and_the_access_token(callers: Callers, now: datetime) -> None:
    tokens = await guest(callers, now)
    caller = await callers.citizen(tokens.access_token, now)
    await callers.sessions.end(caller, now)
    callers.forget(caller)
    with pytest.raises(SessionEnded):
        await callers.citizen(tokens.access_token, now)
    with pytest.raises(SessionEnded):
        await refresh(callers, tokens, now)
    await callers.sessions.end(caller, now)


async def test_a_logout_reaches_another_process_within_a_minute(
    callers: Callers, database: Database, settings: Settings, now: datetime
) -> None:
    tokens = await guest(callers, now)
    other = open_callers(database, settings)
    caller = await other.citizen(tokens.access_token, now)
    await callers.sessions.end(caller, now)
    assert await other.citizen(tokens.access_token, now + timedelta(seconds=59))
    with pytest.raises(SessionEnded):
        await other.citizen(tokens.access_token, now + timedelta(seconds=60))
    await other.close()


async def test_a_token_of_a_session_that_never_was_is_refused(callers: Callers, now: datetime) -> None:
    token, _ = callers.tokens.issue(UUID(int=1), UUID(int=2), UUID(int=3), now)
    with pytest.raises(SessionEnded):
        await callers.citizen(token, now)


async def test_refreshing_races_with_reuse_and_one_truth_remains(
    callers: Callers, database: Database, now: datetime, settings: Settings
) -> None:
    """Copies shown late while the phone goes on refreshing: afterwards the session is over, whatever came first."""
    tokens = await guest(callers, now)
    fresh = await refresh(callers, tokens, now)
    late = now + timedelta(seconds=settings.refresh_grace_seconds + 1)
    shown = [tokens.refresh_token, fresh.refresh_token] * 6
    results = await asyncio.gather(*(refresh(callers, each, late) for each in shown), return_exceptions=True)
    kinds = Counter(type(r) for r in results)
    assert set(kinds) <= {Tokens, SessionEnded}
    assert kinds[SessionEnded] >= 6
    for each in (r for r in results if isinstance(r, Tokens)):
        with pytest.raises(SessionEnded):
            await refresh(callers, each, late)
    assert await rows(database, "SELECT count(*) FROM session WHERE ended_at IS NOT NULL") == [{"count": 1}]


async def test_what_is_long_over_is_swept_and_what_lives_stays(
    callers: Callers, database: Database, now: datetime, settings: Settings
) -> None:
    ended, living = await guest(callers, now), await guest(callers, now)
    await callers.sessions.end(await callers.citizen(ended.access_token, now), now)
    renewed = await refresh(callers, living, now)
    await guest(callers, now)
    month = timedelta(days=30)
    sweeper = Sweeper(database, settings)
    assert await sweeper.sweep(now + month) == 0
    swept = await sweeper.sweep(now + month + timedelta(seconds=1))
    assert swept == 3, "the ended session, its guest, and the used token"
    with pytest.raises(TokenInvalid):
        await refresh(callers, ended, now)
    assert await refresh(callers, renewed, now + month)
    over = now + timedelta(days=settings.refresh_token_days) + month + timedelta(seconds=1)
    await sweeper.sweep(over)
    assert await rows(database, "SELECT id FROM session") == [{"id": living.session_id}]
