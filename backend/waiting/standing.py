"""Whether what was offered is still there: asked by who accepts, and by the matcher when an office's rules change."""

from datetime import datetime

from backend.availability.engine import Engine
from backend.availability.errors import SlotNotOffered
from backend.availability.model import Plan
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.errors import DomainError
from backend.waiting import queries
from backend.waiting.model import Offer


async def plan_of(engine: Engine, offer: Offer) -> Plan:
    """How the offered visit lies, by the rules as this process knows them: lead time and horizon count from when the
    offer was made. Raises SlotNotOffered, and what ``plan_hold`` raises."""
    plan = await engine.plan_hold(offer.office_id, offer.services, offer.starts_at, offer.made_at)
    if offer.counter_id not in plan.counters or plan.end != offer.ends_at:
        raise SlotNotOffered
    return plan


async def list_doubtful(database: Database, engine: Engine, now: datetime, limit: int) -> list[Offer]:
    """Open offers of offices whose rules have changed since; what the engine remembers of these is dropped."""
    async with database.connection() as conn:
        found = await queries.list_doubtful_offers(conn, now, limit)
    for office_id in {offer.office_id for offer in found}:
        engine.forget(office_id)
    return found


async def judge(database: Database, engine: Engine, offer: Offer, now: datetime) -> bool:
    """Keeps the offer, or takes it back, tells the person and leaves the place to the matcher; True: taken back.

    Whoever accepts at this moment is asked by the same rules, and one of the two is first. Nothing happens where the
    rules change once more meanwhile: the next look does it.
    """
    known = await engine.rules(offer.office_id)
    stands = await _stands(engine, offer)
    async with database.transaction(SYSTEM) as conn:
        version = await queries.lock_rules(conn, offer.office_id)
        if version != known.version:
            engine.forget(offer.office_id)
        elif stands:
            await queries.keep_offer(conn, offer.id, version)
        else:
            return await queries.take_back_offer(conn, offer.id, now)
    return False


async def _stands(engine: Engine, offer: Offer) -> bool:
    try:
        await plan_of(engine, offer)
    except DomainError:
        return False
    return True
