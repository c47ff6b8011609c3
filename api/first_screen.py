"""What a city shows on an app's first screen, worked out once for each language and kept until a row of it changes."""

from collections import OrderedDict
from datetime import datetime

import msgspec

from api.structs.bootstrap import catalogue_out
from api.texts import Language
from api.wire import etag
from backend.catalogue.errors import CityNotFound
from backend.db import Database
from backend.phones import start
from backend.phones.model import Content
from backend.settings import Settings

_MOST_CITIES = 200


class Screen(msgspec.Struct, frozen=True):
    """Ready to send. ``version`` is a digest of ``body``: the same in every process."""

    version: str
    body: bytes


class _City(msgspec.Struct):
    mark: str
    content: Content
    screens: dict[Language, Screen]


class FirstScreens:
    """One per process. Whether what is kept still holds is asked of the database each time, in the statement that would
    read it anew."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._cities: OrderedDict[str, _City] = OrderedDict()

    async def of(self, city_id: str, language: Language, now: datetime) -> Screen:
        """The city's first screen; raises CityNotFound."""
        kept = self._cities.get(city_id)
        found = await start.read_city(self._database, city_id, now, kept and kept.mark)
        if found is None:
            self._cities.pop(city_id, None)
            raise CityNotFound
        if found.content is not None:
            kept = self._cities[city_id] = _City(found.mark, found.content, {})
            while len(self._cities) > _MOST_CITIES:
                self._cities.popitem(last=False)
        assert kept is not None  # what it had was named, and is what there is
        screen = kept.screens.get(language)
        if screen is None:
            body = msgspec.json.encode(catalogue_out(kept.content, language, self._settings))
            screen = kept.screens[language] = Screen(etag(body, language).strip('"'), body)
        return screen
