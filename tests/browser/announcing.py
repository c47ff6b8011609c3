"""An announcement as a manager writes it."""

from playwright.async_api import Page

TEXTS = {
    "de": (
        "Straßenfest am Samstag",
        "Die Hochstraße ist von 8 bis 22 Uhr gesperrt.\nDie Linie 301 fährt über Buer Süd.",
    ),
    "en": ("Street fair on Saturday", "Hochstraße is closed on 12 June from 8 am to 10 pm."),
    "deLeicht": ("Fest auf der Straße", "Am Samstag ist ein Fest.\nAutos dürfen dort nicht fahren."),
}


async def write(page: Page) -> None:
    """All three texts."""
    for name, (title, body) in TEXTS.items():
        await page.locator(f"#tab-{name}").click()
        await page.locator(f"[name=title-{name}]").fill(title)
        await page.locator(f"[name=body-{name}]").fill(body)
