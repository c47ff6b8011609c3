"""Commands of clerks that need a plan: it is made outside of the transaction, and made anew when it came too late.

A repeated request must get its first answer even when the plan would by now be another, or none: so a plan that fails
is answered through the key as well.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Response

from api.idempotency import Command
from backend.appointments.errors import RulesChanging, SlotTaken
from backend.appointments.service import alternatives
from backend.availability.engine import Engine
from backend.availability.model import Plan
from backend.db import Connection, Principal
from backend.errors import DomainError

_ATTEMPTS = 3


class _TooLateError(Exception):
    """Somebody was quicker, or the rules are others: not an answer yet, hence nothing to keep."""

    def __init__(self, cause: DomainError) -> None:
        super().__init__(cause.slug)
        self.cause = cause


async def run_planned(
    command: Command,
    engine: Engine,
    principal: Principal,
    plan: Callable[[], Awaitable[Plan]],
    work: Callable[[Connection, Plan], Awaitable[Any]],
    now: datetime,
    *,
    status: int,
    may_move: bool = False,
) -> Response[bytes]:
    """Runs ``work`` with a plan. ``may_move``: the next plan may be for another time, so losing a place is no answer.

    Raises what ``plan`` and ``work`` raise; SlotTaken comes with alternatives.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            planned = await plan()
        except DomainError as error:
            return await command.run(principal, _refusing(error), status=status)

        async def attempted(conn: Connection, planned: Plan = planned) -> Any:
            try:
                return await work(conn, planned)
            except (SlotTaken, RulesChanging) as error:
                raise _TooLateError(error) from error

        try:
            return await command.run(principal, attempted, status=status)
        except _TooLateError as error:
            if attempt < _ATTEMPTS and (may_move or isinstance(error.cause, RulesChanging)):
                continue
            if isinstance(error.cause, RulesChanging):
                raise error.cause from error
            near = await alternatives(engine, planned.zone, planned.office_id, planned.services, planned.start, now)
            return await command.run(principal, _refusing(SlotTaken(alternatives=near)), status=status)
    raise RulesChanging


def _refusing(error: DomainError) -> Callable[[Connection], Awaitable[Any]]:
    async def refuse(_: Connection) -> Any:
        raise error

    return refuse
