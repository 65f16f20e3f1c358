"""What a manager does: set goals, allocate orders, and see the numbers change."""

import datetime
import secrets
from decimal import Decimal

import pytest
from playwright.sync_api import expect

YEAR = datetime.date.today().year


@pytest.fixture
def sold(person, program):
    """A manager, a salesperson, and an order of this year that only this salesperson is credited with."""
    manager = person(program.manager)
    seller = person(program.salesperson)
    me = seller.reads("/me")["id"]
    for target in seller.reads(f"/targets?year={YEAR}&measure=revenue&limit=1000")["targets"]:
        for order in seller.reads(f"/targets/{target['id']}/orders?limit=1000")["orders"]:
            whole = seller.reads(f"/orders/{order['id']}")
            if whole["owner"] == me and not whole["allocations"] and Decimal(whole["total"]) > 300:
                return manager, seller, whole
    raise AssertionError("the demo has no order of one owner alone")


def year_of(viewer, salesperson):
    return Decimal(viewer.reads(f"/widget?year={YEAR}&measure=revenue&salesperson={salesperson}")["total"]["result"])


def credit_of(viewer, order, salesperson):
    credits = viewer.reads(f"/orders/{order['id']}")["credits"]
    return sum(Decimal(credit["amount"]) for credit in credits if credit["salesperson"] == salesperson)


def watch(viewer, salesperson=None):
    viewer.looks_at(year=YEAR)
    viewer.looks_at(measure="Revenue")
    if salesperson:
        viewer.looks_at(salesperson=salesperson)
    viewer.page.evaluate("window.wasNotReloaded = true")


def sees(viewer, amount):
    expect(viewer.result).to_have_text(viewer.money(f"{amount:.2f}"))
    assert viewer.page.evaluate("window.wasNotReloaded") is True


def test_an_order_that_is_split_moves_everyones_chart_and_is_explained(sold, person, program):
    manager, seller, order = sold
    me = seller.reads("/me")
    people = [one for one in manager.reads("/salespeople")["salespeople"] if one["id"] != me["id"]]
    half, fixed = people[0], people[1]
    total = Decimal(order["total"])
    before = {one["id"]: year_of(manager, one["id"]) for one in (me, half, fixed)}

    second, third = person(program.manager), person(program.manager)
    watch(seller)
    watch(second, half["id"])
    watch(third, fixed["id"])
    sees(seller, before[me["id"]])
    sees(second, before[half["id"]])
    sees(third, before[fixed["id"]])

    manager.finds_order(order["id"])
    manager.allocates(half["name"], percent="40", leaves=manager.money(f"{total * 60 / 100:.2f}"))
    manager.allocates(me["name"], percent="60", leaves=manager.money("0.00"))
    forty, sixty = credit_of(manager, order, half["id"]), credit_of(manager, order, me["id"])
    assert forty + sixty == total
    assert abs(sixty - total * 60 / 100) <= Decimal("0.01")
    sees(second, before[half["id"]] + forty)
    sees(seller, before[me["id"]] - total + sixty)

    manager.allocates(fixed["name"], amount="100.00", leaves=manager.money("0.00"))
    sees(third, before[fixed["id"]] + 100)

    seller.drills_into(seller.page.locator(f'[data-target="{covering(seller, order)}"]'))
    row = seller.sheet.locator(f'[data-order="{order["id"]}"]')
    while row.count() == 0:
        seller.sheet.get_by_role("button", name="Show more orders").click()
        expect(seller.sheet.get_by_role("button", name="Show more orders")).to_be_enabled()
    expect(row.locator(".order-counts strong")).to_have_text(seller.money(f"{sixty:.2f}"))
    for name, why, amount in (
        (me["name"], "60% by allocation", sixty),
        (half["name"], "40% by allocation", forty),
        (fixed["name"], f"{seller.money('100.00')} by allocation", Decimal(100)),
    ):
        credit = row.locator(".credit", has_text=name)
        expect(credit).to_contain_text(why)
        expect(credit).to_contain_text(seller.money(f"{amount:.2f}"))


def covering(viewer, order):
    """The current target that ends last and holds the order: the page shows it without opening a group."""
    targets = viewer.reads(f"/targets?year={YEAR}&measure=revenue&limit=1000")["targets"]
    holding = [target for target in targets if target["start"] <= order["date"] <= target["end"]]
    return max(holding, key=lambda target: (target["end"], -int(target["start"].replace("-", ""))))["id"]


def test_an_allocation_is_changed_and_deleted_and_the_owner_is_credited_with_everything_again(sold):
    manager, _, order = sold
    other = next(one for one in manager.reads("/salespeople")["salespeople"] if one["id"] != order["owner"])
    total = Decimal(order["total"])
    manager.finds_order(order["id"])
    manager.allocates(other["name"], percent="25", leaves=manager.money(f"{total * 75 / 100:.2f}"))
    row = manager.sheet.locator(".allocation", has_text=other["name"])
    row.get_by_role("button", name="Edit").click()
    expect(manager.sheet.locator("input[inputmode=decimal]")).to_have_value("25")
    manager.sheet.get_by_role("radio", name="Whole order").check()
    expect(manager.sheet.locator(".preview-left")).to_contain_text(f"Leaves {manager.money('0.00')} of")
    manager.sheet.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Whole order")
    row.get_by_role("button", name="Delete").click()
    expect(manager.sheet.locator(".preview")).to_contain_text("owner")
    manager.sheet.get_by_role("button", name="Delete", exact=True).click()
    # The question stays open above the order until the allocation is deleted.
    expect(manager.page.locator("dialog[open]")).to_have_count(1)
    expect(row).to_have_count(0)
    assert manager.reads(f"/orders/{order['id']}")["allocations"] == []


def test_an_impossible_percentage_is_refused_at_its_field(sold):
    manager, _, order = sold
    manager.finds_order(order["id"])
    manager.sheet.get_by_role("button", name="Add an allocation").click()
    manager.sheet.get_by_role("button", name="Save").click()
    person = manager.sheet.get_by_label("Salesperson")
    expect(person).to_have_attribute("aria-invalid", "true")
    expect(person).to_be_focused()
    person.select_option(index=1)
    share = manager.sheet.locator("input[inputmode=decimal]")
    share.fill("130")
    manager.sheet.get_by_role("button", name="Save").click()
    expect(manager.sheet.get_by_text("This can be 100% at most.")).to_be_visible()
    expect(share).to_be_focused()


def fills_in(manager, name, goal, people):
    manager.sheet.get_by_label("Name").fill(name)
    manager.sheet.locator("input[inputmode=decimal]").fill(goal)
    for one in people:
        manager.sheet.get_by_role("checkbox", name=one, exact=True).check()


def test_a_target_is_created_and_counts_what_was_sold_already(sold):
    manager, seller, order = sold
    me = seller.reads("/me")
    watch(seller)
    manager.looks_at(year=YEAR)
    manager.looks_at(measure="Revenue")
    manager.looks_at(salesperson="all")
    manager.page.get_by_role("button", name="New target").click()
    fills_in(manager, f"The year of {me['name']}", "1,000,000.00", [me["name"]])
    manager.sheet.get_by_role("button", name="Save").click()
    for viewer in (manager, seller):
        card = viewer.target(f"The year of {me['name']}")
        expect(card).to_contain_text(viewer.money("1000000.00"))
        expect(card.locator(".target-realized")).to_have_text(viewer.money(f"{year_of(manager, me['id']):.2f}"))
    assert seller.page.evaluate("window.wasNotReloaded") is True

    card = manager.target(f"The year of {me['name']}")
    card.get_by_role("button", name="Delete").click()
    expect(manager.sheet.get_by_role("button", name="Cancel")).to_be_focused()
    manager.sheet.get_by_role("button", name="Delete", exact=True).click()
    expect(card).to_have_count(0)
    expect(seller.target(f"The year of {me['name']}")).to_have_count(0)


def test_a_target_without_what_it_needs_is_refused_at_each_field(manager):
    manager.page.get_by_role("button", name="New target").click()
    manager.sheet.get_by_label("First day").fill(f"{YEAR}-06-01")
    manager.sheet.get_by_label("Last day").fill(f"{YEAR}-05-01")
    for box in manager.sheet.get_by_role("checkbox").all():
        box.uncheck()
    manager.sheet.get_by_role("button", name="Save").click()
    for text in ("The last day lies before the first.", "Choose one salesperson or more."):
        expect(manager.sheet.get_by_text(text)).to_be_visible()
    expect(manager.sheet.get_by_text("Fill this in.")).to_have_count(2)
    expect(manager.sheet.get_by_label("Name")).to_be_focused()


def test_two_managers_cannot_overwrite_each_other_unseen(person, program):
    first, second = person(program.manager), person(program.manager)
    for viewer in (first, second):
        viewer.looks_at(year=YEAR)
        viewer.looks_at(measure="Revenue")
        viewer.looks_at(salesperson="all")
    someone = first.reads("/salespeople")["salespeople"][0]["name"]
    first.page.get_by_role("button", name="New target").click()
    fills_in(first, "Two at once", "5,000.00", [someone])
    first.sheet.get_by_role("button", name="Save").click()
    expect(second.target("Two at once")).to_be_visible()

    for viewer in (first, second):
        viewer.target("Two at once").get_by_role("button", name="Edit").click()
    second.sheet.locator("input[inputmode=decimal]").fill("6,000.00")
    second.sheet.get_by_role("button", name="Save").click()
    expect(second.target("Two at once")).to_contain_text(second.money("6000.00"))

    first.sheet.locator("input[inputmode=decimal]").fill("7,000.00")
    first.sheet.get_by_role("button", name="Save").click()
    expect(first.sheet.get_by_role("alert")).to_contain_text("Someone else has changed this target")
    first.sheet.get_by_role("button", name="Take over the current values").click()
    expect(first.sheet.locator("input[inputmode=decimal]")).to_have_value("6,000.00")
    first.sheet.locator("input[inputmode=decimal]").fill("7,000.00")
    first.sheet.get_by_role("button", name="Save").click()
    for viewer in (first, second):
        expect(viewer.target("Two at once")).to_contain_text(viewer.money("7000.00"))
    first.target("Two at once").get_by_role("button", name="Delete").click()
    first.sheet.get_by_role("button", name="Delete", exact=True).click()
    expect(second.target("Two at once")).to_have_count(0)


def test_the_months_of_a_year_are_filled_and_copied_with_a_percentage(manager):
    someone = manager.reads("/salespeople")["salespeople"][-1]
    name = f"Spread {secrets.token_hex(4)}"
    before = Decimal(manager.reads(f"/widget?year={YEAR + 1}&salesperson={someone['id']}&measure=revenue")["total"]["goal"])
    manager.looks_at(salesperson=someone["id"])
    manager.looks_at(measure="Revenue")
    manager.looks_at(year=YEAR + 1)
    manager.page.get_by_role("button", name="Fill a year").click()
    manager.sheet.get_by_label("Name").fill(name)
    manager.sheet.locator("input[inputmode=decimal]").fill("365,000.01")
    expect(manager.sheet.locator(".month-goals li")).to_have_count(12)
    manager.sheet.get_by_role("button", name="Create 12 targets").click()
    made = manager.page.locator("details[data-group=upcoming] .target", has_text=name)
    expect(made).to_have_count(12)
    expect(manager.page.locator(".summary-goal")).to_contain_text(manager.money(str(before + Decimal("365000.01"))))

    manager.page.get_by_role("button", name="Copy a year").click()
    manager.sheet.get_by_label("Raise the goals by (%)").fill("10")
    manager.sheet.get_by_label("Salesperson").select_option(someone["id"])
    manager.sheet.get_by_label("Measure").select_option("revenue")
    manager.sheet.get_by_role("button", name="Copy targets").click()
    expect(manager.page.get_by_label("Year", exact=True)).to_have_value(str(YEAR + 2))
    expect(manager.target(f"{name} {YEAR + 2}-01")).to_be_visible()
    targets = manager.reads(f"/targets?year={YEAR + 2}&salesperson={someone['id']}&measure=revenue&limit=1000")["targets"]
    goals = [Decimal(target["goal"]) for target in targets if target["name"].startswith(name)]
    assert len(goals) == 12
    assert abs(sum(goals) - Decimal("401500.01")) < Decimal("0.07")


def test_the_targets_are_downloaded_as_csv(manager):
    with manager.page.expect_download() as waiting:
        manager.page.get_by_role("button", name="Download CSV").click()
    text = open(waiting.value.path(), encoding="utf-8-sig", newline="").read()
    assert waiting.value.suggested_filename.endswith(".csv")
    assert text.count("\r\n") > 1 and "id" in text.splitlines()[0]
