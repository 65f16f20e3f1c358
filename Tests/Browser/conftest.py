"""The program under test, the browser, and the people who use it."""

import datetime

import pytest
from playwright.sync_api import expect, sync_playwright

from person import Person
from program import Demo, call, running_program

CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def program():
    running = running_program()
    if running:
        yield running
        return
    demo = Demo()
    yield demo.program
    demo.stop()


@pytest.fixture(scope="module", autouse=True)
def choices(program):
    """Resets what both accounts look at when they sign in, because earlier tests may have changed it."""
    year = {"year": datetime.date.today().year, "measure": "revenue"}
    for account, choice in ((program.manager, {**year, "salesperson": "all"}), (program.salesperson, year)):
        token = call(program, "POST", "/session", vars(account))["token"]
        call(program, "PUT", "/me/preferences", {"widget": choice}, token)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def person(program, chromium):
    """`person(account, …)` opens a browser for one person. The test fails when their page reports an error."""
    people = []

    def sit_down(account=None, *, path="/", locale="en-GB", theme="light", size=(1280, 900), **options):
        context = chromium.new_context(
            base_url=program.url,
            locale=locale,
            color_scheme=theme,
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            **options,
        )
        someone = Person(context.new_page())
        people.append(someone)
        someone.open(path)
        if account:
            someone.sign_in(account)
        return someone

    yield sit_down
    complaints = [complaint for someone in people for complaint in someone.complaints]
    for someone in people:
        someone.page.context.close()
    assert complaints == []


@pytest.fixture
def manager(person, program):
    return person(program.manager)


@pytest.fixture
def salesperson(person, program):
    return person(program.salesperson)
