"""A name may say what it likes: a connection goes to where was looked at, over TLS that is verified, or nowhere."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.notifications.people import phone, told
from tests.support.certificates import make_certificate
from tests.support.waiting import eventually
from tests.webhooks.conftest import House
from tests.webhooks.receiver import Receiver, serving

NAME = "hooks.example.org"


class Names:
    """A resolver whose answers change from one question to the next; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str) -> Sequence[str]:
        assert host == NAME
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def attempt(house: House, receiver: Receiver, names: Names, trust: Path | None, *, loopback: bool) -> str:
    """How one attempt at ``receiver`` ends."""
    made = await house.endpoint(receiver.url)
    await told(house.database, await phone(house.database))
    words: list[str] = []

    async def tried() -> bool:
        words[:] = [word for _, codes in await house.log(made.endpoint.id) for word in codes]
        return bool(words)

    tls = None if trust is None else ssl.create_default_context(cafile=trust)
    async with house.working(resolve=names, tls=tls, loopback=loopback):
        await eventually(tried)
    return words[0]


@pytest.mark.parametrize(
    "answers, loopback, trusted, word, questions",
    [
        # The control: where it may, it arrives, and the name is asked for once.
        ((["127.0.0.1"],), True, True, "ok", 1),
        # Rebinding: who looked first and connected later would be led astray by the second answer.
        ((["127.0.0.1"], ["10.0.0.1"]), True, True, "ok", 1),
        ((["127.0.0.1"],), False, True, "forbidden-address", 1),
        ((["8.8.8.8", "127.0.0.1"],), False, True, "forbidden-address", 1),
        ((["169.254.169.254"],), True, True, "forbidden-address", 1),
        ((["::ffff:127.0.0.1"],), True, True, "forbidden-address", 1),
        ((["64:ff9b::7f00:1"],), True, True, "forbidden-address", 1),
        ((["2002:7f00:1::"],), True, True, "forbidden-address", 1),
        ((["8.8.8.8", "fe80::1"],), True, True, "forbidden-address", 1),
        (((),), True, True, "forbidden-address", 1),
        ((["127.0.0.1"],), True, False, "tls", 1),
    ],
)
async def test_where_a_name_leads(
    house: House, tmp_path: Path, answers: tuple[Sequence[str], ...], loopback: bool, trusted: bool, word: str,
    questions: int,
) -> None:  # fmt: skip
    make_certificate(tmp_path, [NAME])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "server.pem")
    names = Names(*answers)
    async with serving(Receiver("https", NAME), tls) as receiver:
        trust = tmp_path / "ca.pem" if trusted else None
        assert await attempt(house, receiver, names, trust, loopback=loopback) == word
        assert len(receiver.came) == (word == "ok")
    assert names.asked == questions
