"""Every view in both themes, checked with axe-core."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

GRAVE = {"serious", "critical"}


def sign_in(person, program, theme):
    return person(theme=theme)


def home(person, program, theme):
    someone = person(program.manager, theme=theme)
    expect(someone.page.locator(".target").first).to_be_visible()
    return someone


def own(person, program, theme):
    someone = person(program.salesperson, theme=theme)
    expect(someone.page.locator(".target").first).to_be_visible()
    for group in ("upcoming", "finished"):
        if someone.page.locator(f"details[data-group={group}]").is_visible():
            someone.unfolds(group)
    return someone


def table(person, program, theme):
    someone = home(person, program, theme)
    someone.page.get_by_role("radio", name="Table").check()
    return someone


def phone(person, program, theme):
    someone = person(program.salesperson, theme=theme, size=(375, 800), locale="nl-NL")
    expect(someone.page.locator(".target").first).to_be_visible()
    return someone


def orders(person, program, theme):
    someone = home(person, program, theme)
    someone.drills_into(someone.page.locator(".target").first)
    return someone


def order(person, program, theme):
    someone = orders(person, program, theme)
    someone.sheet.locator(".order .link").first.click()
    expect(someone.sheet.get_by_role("heading", name="Allocations")).to_be_visible()
    return someone


def allocation(person, program, theme):
    someone = order(person, program, theme)
    someone.sheet.get_by_role("button", name="Add an allocation").click()
    someone.sheet.get_by_label("Salesperson").select_option(index=1)
    someone.sheet.locator("input[inputmode=decimal]").fill("10")
    expect(someone.sheet.locator(".preview-left")).to_be_visible()
    return someone


def target(person, program, theme):
    someone = home(person, program, theme)
    someone.page.get_by_role("button", name="New target").click()
    someone.sheet.get_by_role("button", name="Save").click()
    expect(someone.sheet.locator(".field-error:visible").first).to_be_visible()
    return someone


def months(person, program, theme):
    someone = home(person, program, theme)
    someone.page.get_by_role("button", name="Fill a year").click()
    someone.sheet.locator("input[inputmode=decimal]").fill("1200")
    return someone


def copies(person, program, theme):
    someone = home(person, program, theme)
    someone.page.get_by_role("button", name="Copy a year").click()
    return someone


def deletion(person, program, theme):
    someone = home(person, program, theme)
    someone.page.get_by_role("button", name="Delete ").first.click()
    return someone


def widget(person, program, theme):
    return person(program.manager, theme=theme, path="/widget", size=(400, 300))


def widget_sign_in(person, program, theme):
    return person(theme=theme, path="/widget", size=(400, 300))


VIEWS = [sign_in, home, own, table, phone, orders, order, allocation, target, months, copies, deletion, widget, widget_sign_in]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_has_no_grave_violation(person, program, view, theme):
    someone = view(person, program, theme)
    found = Axe().run(someone.page).response["violations"]
    grave = [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
    assert grave == [], "\n\n".join(grave)
