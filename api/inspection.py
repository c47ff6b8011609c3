"""What an annotation is made of, as msgspec sees it."""

from collections.abc import Iterator

import msgspec


def parts(info: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    """The kinds that a value may be, or each item of it where it is a collection: without metadata, unions opened."""
    match info:
        case msgspec.inspect.Metadata():
            yield from parts(info.type)
        case msgspec.inspect.UnionType():
            for each in info.types:
                yield from parts(each)
        case msgspec.inspect.CollectionType():
            yield from parts(info.item_type)
        case _:
            yield info
