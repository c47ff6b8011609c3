"""One file per room: In and Out Structs and a Controller with short handlers."""

from litestar import Controller

ROUTES: list[type[Controller]] = []
