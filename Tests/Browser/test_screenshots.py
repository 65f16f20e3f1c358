"""Screenshots to check by eye: both languages, both themes, a phone, and the widget."""

import pytest
from playwright.sync_api import expect

from program import ROOT

FOLDER = ROOT / ".build" / "screenshots"
LANGUAGES = {"en": "en-GB", "nl": "nl-NL"}
SIZES = {"desktop": (1280, 900), "phone": (375, 800)}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_screenshots_are_written(person, program, language, theme):
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = {"locale": LANGUAGES[language], "theme": theme}

    def picture(someone, name, full_page=False):
        someone.page.screenshot(path=FOLDER / f"{name}-{language}-{theme}.png", full_page=full_page, animations="disabled")

    for place, size in SIZES.items():
        someone = person(size=size, **options)
        picture(someone, f"sign-in-{place}")
        someone.sign_in(program.manager)
        expect(someone.page.locator(".target").first).to_be_visible()
        picture(someone, f"home-{place}", full_page=True)
        someone.drills_into(someone.page.locator(".target").first)
        picture(someone, f"orders-{place}")
        someone.sheet.locator(".order .link").first.click()
        expect(someone.sheet.locator(".order-figure")).to_be_visible()
        picture(someone, f"order-{place}")
        someone.closes()
        someone.closes()
        someone.page.locator(".section-actions .button-primary").click()
        picture(someone, f"target-{place}")
    for size in ((400, 300), (600, 400)):
        someone = person(program.manager, path="/widget", size=size, **options)
        picture(someone, f"widget-{size[0]}")
