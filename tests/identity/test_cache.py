"""What is remembered is bounded: by how much, and by how long."""

from datetime import datetime, timedelta

from backend.identity.cache import BoundedCache

HOUR = timedelta(hours=1)


def test_the_longest_unused_goes_first(now: datetime) -> None:
    cache: BoundedCache[int, str] = BoundedCache(3)
    for number in (1, 2, 3):
        cache.put(number, str(number), now + HOUR)
    assert cache.get(1, now) == "1"
    cache.put(4, "4", now + HOUR)
    assert [number for number in (1, 2, 3, 4) if cache.get(number, now)] == [1, 3, 4]


def test_a_flood_does_not_grow_it(now: datetime) -> None:
    cache: BoundedCache[int, int] = BoundedCache(100)
    for number in range(10_000):
        cache.put(number, number, now + HOUR)
    assert len(cache) == 100


def test_an_entry_is_good_until_its_end_and_not_at_it(now: datetime) -> None:
    cache: BoundedCache[int, str] = BoundedCache(3)
    cache.put(1, "one", now + HOUR)
    assert cache.get(1, now + HOUR - timedelta(microseconds=1)) == "one"
    assert cache.get(1, now + HOUR) is None
    assert len(cache) == 0


def test_a_value_is_forgotten_under_every_key(now: datetime) -> None:
    cache: BoundedCache[int, str] = BoundedCache(9)
    for number in (1, 2):
        cache.put(number, "same", now + HOUR)
    cache.put(3, "other", now + HOUR)
    cache.drop_value("same")
    assert [cache.get(number, now) for number in (1, 2, 3)] == [None, None, "other"]
