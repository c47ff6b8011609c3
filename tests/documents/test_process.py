"""The checker as a process: it says whether it can work, and ends when asked to."""

from tests.support.background import CheckerProcess
from tests.support.instance import settings_of
from tests.support.waiting import eventually


async def test_without_a_scanner_that_can_be_believed_it_lives_and_is_not_ready(
    database_url: str, object_store: dict[str, str]
) -> None:
    # Nobody listens at port 9.
    _, environment = await settings_of(database_url, object_store, CLAMD_ADDRESS="127.0.0.1:9")
    checker = CheckerProcess(environment)
    checker.begin()
    try:
        await eventually(lambda: _answers(checker), 30)
        assert await checker.health("ready") == (503, {"status": "the scanner cannot be relied on"})
        assert await checker.health("live") == (200, {"status": "ok", "stuck": []})
        numbers = await checker.metrics()
        assert "wartefrei_scanner_proven 0.0" in numbers
        assert 'wartefrei_documents_waiting{what="check"}' in numbers
        assert await checker.stop() == 0
    finally:
        checker.kill()


async def _answers(checker: CheckerProcess) -> bool:
    """Once it listens and has counted what waits."""
    return (await checker.health("live"))[0] == 200 and "wartefrei_documents_waiting{" in await checker.metrics()
