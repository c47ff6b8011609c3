"""The other end of a link: somebody without an account confirms what another person states."""

from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.structs.draft import ZONE, AnsweredOut, AnswerIn, AskedOut, blocks_out
from api.texts import language_of
from api.wire import local, respond
from backend.catalogue.queries import find_city
from backend.db import Connection, Principal
from backend.forms import confirmations, reading
from backend.forms.errors import ConfirmationNotFound, ConfirmationOver, ConfirmationUsed

SECRET = {"secret_path": True}
NOBODY = Principal()
"""A link's holder has no rows: the functions behind it see one, by its secret."""


def _holder(request: WireRequest, _: bytes) -> str:
    token: str = request.path_params["token"]
    return f"confirmation:{confirmations.hash_of(token).hex()}"


class ConfirmationsController(Controller):
    """Links that work once."""

    path = "/v1/confirmations"
    tags = ("Forms",)
    guards = (public,)

    @get(
        "/{token:str}",
        operation_id="readConfirmation",
        summary="What you are asked to confirm",
        opt=raises(ConfirmationNotFound, ConfirmationUsed, ConfirmationOver, **SECRET),
    )
    async def read(
        self,
        request: WireRequest,
        token: FromPath[str],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AskedOut]:
        """In the language of `Accept-Language`, else of who asks. 410 once it was answered, replaced or ran out."""
        async with context.database.transaction(NOBODY) as conn:
            asked = await confirmations.look(conn, context.forms, token, now)
            city = await find_city(conn, asked.confirmation.city_id)
        wanted = request.headers.get("accept-language")
        language = language_of(wanted) if wanted else asked.confirmation.language
        form, kind = asked.version.form, asked.confirmation.kind
        shown = AskedOut(
            kind=kind,
            city=city.name if city else asked.confirmation.city_id,
            form=form.text("form.title", language) or asked.version.row.slug,
            title=form.text(f"confirmation.{kind}.title", language) or kind,
            text=form.text(f"confirmation.{kind}.text", language) or "",
            answers=blocks_out(reading.blocks(form, asked.confirmation.shown, language)),
            language="en" if language == "en" else "de",
            expires_at=local(asked.confirmation.expires_at, ZONE),
        )
        return respond(request, shown)

    @post(
        "/{token:str}",
        status_code=200,
        operation_id="answerConfirmation",
        summary="Confirm or refuse",
        opt=raises(ConfirmationNotFound, ConfirmationUsed, ConfirmationOver, key_owner=_holder, **SECRET),
    )
    async def answer(
        self,
        token: FromPath[str],
        data: JSONBody[AnswerIn],
        command: NamedDependency[Command],
        now: NamedDependency[datetime],
    ) -> Response[AnsweredOut]:
        """Your answer and your name become part of the application. They cannot be changed afterwards."""

        async def work(conn: Connection) -> AnsweredOut:
            await confirmations.answer(conn, token, data.name.strip(), now, confirmed=data.confirmed)
            return AnsweredOut(state="confirmed" if data.confirmed else "refused")

        return await command.run(NOBODY, work, status=200)  # pyright: ignore[reportReturnType]
