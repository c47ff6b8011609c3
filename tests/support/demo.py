"""The template database with the demo cities."""

import asyncio

import asyncpg

from infra.dev import demo
from tests.support.cluster import DEMO, EMPTY, OWNER, Cluster


def make_template(cluster: Cluster) -> None:
    """Clones the empty template and loads every city and form of ``infra/demo`` into it."""
    asyncio.run(_make(cluster))


async def _make(cluster: Cluster) -> None:
    server = await asyncpg.connect(cluster.superuser_url)
    try:
        await server.execute(f"DROP DATABASE IF EXISTS {DEMO} WITH (FORCE)")
        await server.execute(f"CREATE DATABASE {DEMO} TEMPLATE {EMPTY} OWNER {OWNER}")
    finally:
        await server.close()
    url = cluster.app_url(DEMO)
    await demo.load(url, await demo.missing(url))
    await demo.load_forms(url, await demo.missing_forms(url))
