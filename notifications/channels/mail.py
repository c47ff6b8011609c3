"""Letters through the city's relay, over SMTP: aiosmtplib for the protocol, a few connections that are used again."""

import asyncio
import contextlib
import ssl
import time
from typing import Literal

import aiosmtplib
from aiosmtplib import errors

from backend.settings import Settings
from notifications.channels.letter import Post, Unsendable, compose, overtaken
from notifications.model import SENT, Outcome, Outgoing

Stage = Literal["connect", "sender", "recipient", "content"]
_IDLE_SECONDS = 10.0
_LETTERS_EACH = 100
_TIMEOUT = Outcome(result="transient", code="timeout", trouble="unavailable")
_NO_CONNECTION = Outcome(result="transient", code="no-connection", trouble="unavailable")
_NOT_SEALED = Outcome(result="transient", code="tls", trouble="misconfigured")
_OVERTAKEN = Outcome(result="expired", code="overtaken")
_BAD_ADDRESS = Outcome(result="target_gone", code="bad-address")


class _Line:
    """A connection to the relay, signed in, and how long it has served."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.letters, self.used_at = 0, time.monotonic()

    def fit(self) -> bool:
        """Relays close what is idle, and what has sent much."""
        rested = time.monotonic() - self.used_at
        return self.client.is_connected and rested < _IDLE_SECONDS and self.letters < _LETTERS_EACH


class MailChannel:
    """One per process and event loop. The worker's lane bounds how many letters are under way at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = settings.mail_from or ""
        self._tls = None if settings.mail_security == "plaintext" else ssl.create_default_context()
        self._idle: list[_Line] = []

    async def ready(self) -> bool:
        """Whether the relay answers is found out by sending."""
        return True

    async def send(self, outgoing: Outgoing) -> Outcome:
        """One attempt. When the answer to a whole letter is lost it is repeated, as the same message."""
        if overtaken(outgoing):
            return _OVERTAKEN
        try:
            post = compose(outgoing, self._sender, self._settings.app_url, self._settings.public_url)
        except Unsendable:
            return _BAD_ADDRESS
        try:
            async with asyncio.timeout(self._settings.mail_timeout_seconds):
                return await self._hand_over(post)
        except TimeoutError:
            return _TIMEOUT

    async def close(self) -> None:
        """Ends connections; a relay that says nothing more is not waited for."""
        for line in self._idle:
            with contextlib.suppress(errors.SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await line.client.quit()
            line.client.close()
        self._idle.clear()

    async def _hand_over(self, post: Post) -> Outcome:
        stage: Stage = "connect"
        line: _Line | None = None
        try:
            line, stage = await self._begin(post.sender), "recipient"
            await line.client.rcpt(post.recipient)
            stage = "content"
            await line.client.data(post.content)
        except errors.SMTPSenderRefused as refusal:
            return judge("sender", refusal.code)
        except errors.SMTPResponseException as refusal:
            return judge(stage, refusal.code)
        except errors.SMTPTimeoutError:
            return _TIMEOUT
        except (errors.SMTPConnectError, errors.SMTPServerDisconnected, OSError) as error:
            return _NOT_SEALED if _about_tls(error) else _NO_CONNECTION
        except errors.SMTPException:  # it does not offer STARTTLS, or no way to sign in that we know
            return _NOT_SEALED
        else:
            line.letters, line.used_at = line.letters + 1, time.monotonic()
            self._idle.append(line)
            line = None
            return SENT
        finally:
            if line is not None:
                line.client.close()

    async def _begin(self, sender: str) -> _Line:
        """A connection that has accepted the sender; one that the relay has closed meanwhile is replaced."""
        while self._idle:
            line = self._idle.pop()
            if line.fit():
                with contextlib.suppress(errors.SMTPException, OSError):
                    await line.client.mail(sender)
                    return line
            line.client.close()
        line = await self._connect()
        try:
            await line.client.mail(sender)
        except BaseException:
            line.client.close()
            raise
        return line

    async def _connect(self) -> _Line:
        security = self._settings.mail_security
        client = aiosmtplib.SMTP(
            hostname=self._settings.mail_host, port=self._settings.mail_port,
            timeout=self._settings.mail_timeout_seconds, local_hostname=self._sender.rpartition("@")[2],
            use_tls=security == "tls", start_tls=security == "starttls", tls_context=self._tls,
            username=self._settings.mail_username, password=self._settings.mail_password,
        )  # fmt: skip
        await client.connect()
        return _Line(client)


def judge(stage: Stage, code: int) -> Outcome:
    """What a reply other than "yes" means. Nothing of a person is forgotten for it.

    A refused recipient is that address's fault, a refused letter is for operators to look at; refused before that, the
    lane is: the account, the sender, or the relay's patience with us.
    """
    word = f"SMTP_{code}"
    if stage in ("connect", "sender"):
        return Outcome(result="transient", code=word, trouble="misconfigured" if code >= 500 else "unavailable")
    if code >= 500:
        return Outcome(result="target_gone" if stage == "recipient" else "permanent", code=word)
    # 421: it is closing, whoever the letter is for. Other 4xx are about this one: greylisting, a full box.
    return Outcome(result="transient", code=word, trouble="unavailable" if code == 421 else "none")


def open_mail(settings: Settings) -> MailChannel | None:
    """The channel as the settings say; None where no relay is set."""
    return MailChannel(settings) if settings.mail_host else None


def _about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__
    return False
