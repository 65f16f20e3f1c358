"""What holds for every viewer: languages, themes, the keyboard, and what works when something is missing."""

import datetime
import re

import pytest
from playwright.sync_api import expect

YEAR = datetime.date.today().year


def test_the_browsers_language_comes_first_and_another_is_remembered(person, program):
    someone = person(program.salesperson, locale="nl-BE")
    expect(someone.page.locator("html")).to_have_attribute("lang", "nl")
    expect(someone.page.get_by_role("heading", name="Doelen")).to_be_visible()
    assert re.search(r"\d{1,3}(\.\d{3})*,\d\d", someone.result.inner_text())
    someone.page.get_by_role("button", name="English").click()
    expect(someone.page.get_by_role("heading", name="Targets", exact=True)).to_be_visible()
    expect(someone.page.get_by_role("button", name="Nederlands")).to_be_focused()
    someone.page.reload()
    expect(someone.page.get_by_role("heading", name="Targets", exact=True)).to_be_visible()


def test_both_languages_have_every_text(person):
    someone = person()
    missing = someone.page.evaluate(
        """async () => {
            const [en, nl] = (await Promise.all([import('/assets/i18n/en.js'), import('/assets/i18n/nl.js')])).map((one) => one.default);
            const shape = (text) => JSON.stringify([...JSON.stringify(text).matchAll(/\\{(\\w+)\\}/g)].map((found) => found[1]).sort());
            const keys = new Set([...Object.keys(en), ...Object.keys(nl)]);
            return [...keys].filter((key) => !(key in en) || !(key in nl) || shape(en[key]) !== shape(nl[key]));
        }"""
    )
    assert missing == []


def test_the_theme_follows_the_system_until_it_is_switched(person, program):
    someone = person(program.salesperson, theme="dark")
    ground = lambda: someone.page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = ground()
    someone.page.get_by_role("button", name="Switch to the light theme").click()
    assert ground() != dark
    someone.page.reload()
    someone.sees_the_year()
    assert ground() != dark


def test_without_the_chart_library_the_table_is_shown(person, program):
    someone = person()
    someone.page.route("**/assets/chart.js", lambda route: route.fulfill(status=404, body=""))
    someone.page.reload()
    someone.sign_in(program.salesperson)
    expect(someone.page.get_by_role("table")).to_be_visible()
    expect(someone.page.get_by_role("radio", name="Chart")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/widget"])
def test_without_scripts_the_page_says_what_to_do(person, path):
    someone = person(path=path, java_script_enabled=False)
    # The driver does not see the text in <noscript>, so the test reads the element.
    advice = someone.page.locator(".sign-in")
    expect(advice).to_be_visible()
    expect(advice).to_contain_text("JavaScript")


def test_the_keyboard_alone_is_enough(person, program):
    someone = person()
    expect(someone.page.locator("input[name=username]")).to_be_focused()
    someone.page.keyboard.type(program.salesperson.username)
    someone.page.keyboard.press("Tab")
    someone.page.keyboard.type(program.salesperson.password)
    someone.page.keyboard.press("Enter")
    someone.sees_the_year()
    orders = someone.page.locator(".target-orders").first
    expect(orders).to_be_visible()
    for _ in range(40):
        someone.page.keyboard.press("Tab")
        if orders.evaluate("element => element === document.activeElement"):
            break
    expect(orders).to_be_focused()
    someone.page.keyboard.press("Enter")
    expect(someone.sheet.get_by_role("heading", level=2)).to_be_focused()
    someone.page.keyboard.press("Escape")
    expect(orders).to_be_focused()


def test_the_page_shows_when_it_is_not_live_and_recovers(salesperson):
    sign = salesperson.page.locator(".live")
    expect(sign).to_have_text("Live")
    salesperson.page.context.set_offline(True)
    expect(sign).to_have_text("Not live: reconnecting")
    salesperson.page.context.set_offline(False)
    expect(sign).to_have_text("Live")


def test_what_people_type_is_read_as_they_mean_it(person):
    read = lambda typed, locale: person_page.evaluate(
        "async ([typed, locale]) => (await import('/assets/lib/decimal.js')).fromInput(typed, locale)", [typed, locale]
    )
    person_page = person().page
    assert read("1.250,50", "nl-NL") == "1250.50"
    assert read("1,250.50", "nl-NL") == "1250.50"
    assert read("€ 1.250", "nl-NL") == "1250"
    assert read("1.250", "en-GB") == "1.250"
    assert read("1,250", "en-GB") == "1250"
    assert read("12,5", "en-GB") == "12.5"
    assert read("12.345.678", "nl-NL") == "12345678"
    assert read("−10 %", "nl-NL") == "-10"
    assert read("99999999999999999999,01", "nl-NL") == "99999999999999999999.01"
    for wrong in ("", "abc", "1-2", "--1", "1e5", "."):
        assert read(wrong, "en-GB") is None


@pytest.mark.parametrize("locale", ["en-GB", "nl-NL"])
@pytest.mark.parametrize("size", [(320, 640), (375, 800), (768, 1024), (1280, 900)])
def test_nothing_is_cut_off_at_the_side(person, program, size, locale):
    someone = person(program.manager, size=size, locale=locale)
    width = lambda: someone.page.evaluate("document.documentElement.scrollWidth")
    expect(someone.page.locator(".target").first).to_be_visible()
    assert width() <= size[0]
    someone.page.context.set_offline(True)
    expect(someone.page.locator(".live[data-state=offline]")).to_be_visible()
    assert width() <= size[0]


@pytest.mark.parametrize("size", [(400, 300), (600, 400)])
def test_the_widget_fits_its_frame_and_moves_with_the_choice(person, program, size):
    someone = person(program.salesperson, path="/widget", size=size)
    expect(someone.page.get_by_role("img", name=re.compile("Revenue"))).to_be_visible()
    assert someone.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
    someone.looks_at(measure="Orders")
    total = someone.reads(f"/widget?year={YEAR}&measure=orders")["total"]
    expect(someone.result).to_have_text(f"{int(total['result']):,}")
    someone.looks_at(measure="Revenue")
