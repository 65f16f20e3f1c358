"""While a service is unavailable, the numbers stay, the page shows their age, and it recovers by itself."""

import datetime
import json
import os
import re
import signal
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from program import ROOT
from test_accessibility import GRAVE

YEAR = datetime.date.today().year
FOLDER = ROOT / ".build" / "screenshots"


@contextmanager
def hanging_redis(program):
    if program.redis is None:
        pytest.skip("these tests stop only a Redis that they started")
    os.kill(program.redis, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(program.redis, signal.SIGCONT)


def line(someone):
    return someone.page.locator(".freshness")


def report(someone, state, minutes=4):
    """From now on the server reports this state of its results."""
    now = datetime.datetime.now(datetime.UTC)
    fact = {"state": state, "behind": state != "fresh", "lag": 12}
    if minutes is not None:
        fact["asOf"] = (now - datetime.timedelta(minutes=minutes, seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = f"retry: 1000\nid: x-1\n\nevent: freshness\ndata: {json.dumps(fact)}\n\n"
    someone.page.unroute("**/api/v1/stream")
    someone.page.route(
        "**/api/v1/stream",
        lambda route: route.fulfill(body=event, headers={"Content-Type": "text/event-stream"}),
    )


@pytest.mark.parametrize("path, size", [("/", (1280, 900)), ("/widget", (400, 300))])
def test_while_redis_hangs_the_numbers_stay_and_their_age_is_shown(person, program, path, size):
    someone = person(program.salesperson, path=path, size=size)
    sign = someone.page.locator(".live")
    expect(sign).to_have_text("Live")
    expect(line(someone)).to_be_empty()
    shown = someone.result.inner_text()
    year = someone.page.get_by_label("Year", exact=True)
    with hanging_redis(program):
        expect(line(someone)).to_contain_text(re.compile(r"^Results as of \d\d:\d\d, less than a minute ago\. They cannot"))
        expect(sign).to_have_text("Not up to date")
        year.select_option(str(YEAR - 1))
        # Someone who signs in now gets in when Redis is back.
        late = person(path=path, size=size)
        late.page.locator("input[name=username]").fill(program.manager.username)
        late.page.locator("input[name=password]").fill(program.manager.password)
        late.page.locator("button[type=submit]").click()
        expect(late.page.get_by_role("alert")).to_contain_text("cannot be read just now")
        late.page.reload()
        expect(late.page.get_by_role("button", name="Try again")).to_be_visible()
        expect(someone.result).to_have_text(shown)
        expect(someone.page.get_by_role("alert")).to_be_hidden()
    expect(line(someone)).to_be_empty(timeout=60_000)
    expect(sign).to_have_text("Live")
    total = someone.reads(f"/widget?year={YEAR - 1}&measure=revenue")["total"]
    expect(someone.result).to_have_text(someone.money(total["result"]), timeout=60_000)
    expect(late.result).not_to_be_empty(timeout=60_000)
    someone.looks_at(year=YEAR)


def test_without_the_server_the_numbers_stay_and_their_age_is_shown(salesperson):
    shown = salesperson.result.inner_text()
    expect(salesperson.page.locator(".live")).to_have_text("Live")
    salesperson.page.context.set_offline(True)
    expect(line(salesperson)).to_contain_text("The server cannot be reached; trying again.")
    expect(line(salesperson)).to_contain_text("Results as of")
    expect(salesperson.result).to_have_text(shown)
    salesperson.page.context.set_offline(False)
    expect(line(salesperson)).to_be_empty()


@pytest.mark.parametrize(
    "state, locale, text",
    [
        ("behind", "en-GB", "Results as of {time}, 4 minutes ago. New orders are waiting; trying again."),
        ("behind", "nl-NL", "Resultaten van {time}, 4 minuten geleden. Er wachten nieuwe orders; er wordt opnieuw geprobeerd."),
        ("kafka-away", "en-GB", "Results as of {time}, 4 minutes ago. New orders cannot be read just now; trying again."),
        ("stopped", "en-GB", "Results as of {time}, 4 minutes ago. Some new orders are held back until"),
    ],
)
def test_the_state_that_the_server_reports_is_shown_in_words(person, program, state, locale, text):
    someone = person(locale=locale, timezone_id="Asia/Kolkata")
    report(someone, state)
    someone.sign_in(program.salesperson)
    expect(line(someone)).to_have_attribute("role", "status")
    expect(line(someone)).to_contain_text(re.compile("^" + re.escape(text).replace(r"\{time\}", r"(\d\d):(\d\d)")))
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    asof = datetime.datetime.now(zone) - datetime.timedelta(minutes=4)
    hour = re.search(r"(\d\d):\d\d", line(someone).inner_text())[1]
    assert int(hour) in {asof.hour, (asof - datetime.timedelta(minutes=2)).hour}
    report(someone, "fresh", minutes=0)
    expect(line(someone)).to_be_empty()


def test_an_unknown_age_is_not_made_up(person, program):
    someone = person()
    report(someone, "behind", minutes=None)
    someone.sign_in(program.salesperson)
    expect(line(someone)).to_have_text("These results may be old. New orders are waiting; trying again.")


@pytest.mark.parametrize("theme, locale", [("light", "en-GB"), ("dark", "nl-NL")])
@pytest.mark.parametrize("path, size", [("/", (1280, 900)), ("/", (320, 640)), ("/widget", (400, 300))])
def test_the_line_fits_and_can_be_read_by_everyone(person, program, path, size, theme, locale):
    someone = person(path=path, size=size, theme=theme, locale=locale)
    report(someone, "behind")
    someone.sign_in(program.manager)
    expect(line(someone)).to_be_visible()
    expect(line(someone)).not_to_be_empty()
    expect(someone.page.locator("canvas, .target").first).to_be_visible()
    assert someone.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    if path == "/widget":
        assert someone.page.evaluate("document.documentElement.scrollHeight") <= size[1]
    found = Axe().run(someone.page).response["violations"]
    assert [violation["help"] for violation in found if violation["impact"] in GRAVE] == []
    assert line(someone).bounding_box()["y"] >= 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"late-{path.strip('/') or 'home'}-{size[0]}-{theme}.png"
    someone.page.screenshot(path=FOLDER / name, animations="disabled")
