"""What a salesperson does: read, choose, and return; and what they may not do."""

import base64
import datetime
import json
import re

from playwright.sync_api import expect

YEAR = datetime.date.today().year


def test_a_salesperson_sees_the_chart_and_the_numbers_of_their_own_year(salesperson):
    me = salesperson.reads("/me")
    expect(salesperson.page.get_by_role("heading", level=1)).to_have_text(me["name"])
    chart = salesperson.page.get_by_role("img", name=re.compile("of " + me["name"]))
    expect(chart).to_be_visible()
    year = salesperson.reads(f"/widget?year={YEAR}&measure=revenue")
    expect(salesperson.result).to_have_text(salesperson.money(year["total"]["result"]))
    salesperson.page.get_by_role("radio", name="Table").check()
    table = salesperson.page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(14)
    for month in year["months"]:
        expect(table).to_contain_text(salesperson.money(month["resultToDate"]))
    expect(chart).to_be_hidden()


def test_the_choice_of_year_and_measure_is_the_same_in_a_second_browser(person, program):
    first = person(program.salesperson)
    first.looks_at(year=YEAR - 1)
    first.looks_at(measure="Orders")
    expect(first.page.locator(".summary-label")).to_have_text(f"Orders {YEAR - 1}")
    first.sign_out()

    second = person(program.salesperson)
    expect(second.page.locator(".summary-label")).to_have_text(f"Orders {YEAR - 1}")
    expect(second.page.get_by_label("Year", exact=True)).to_have_value(str(YEAR - 1))
    expect(second.page.get_by_role("radio", name="Orders")).to_be_checked()
    second.looks_at(year=YEAR)
    second.looks_at(measure="Revenue")


def test_a_wrong_password_is_refused_with_a_message(person, program):
    someone = person()
    someone.page.locator("input[name=username]").fill(program.salesperson.username)
    someone.page.locator("input[name=password]").fill("not the password")
    someone.page.get_by_role("button", name="Sign in").click()
    expect(someone.page.get_by_role("alert")).to_contain_text("not right")
    expect(someone.page.locator("input[name=password]")).to_be_focused()
    expect(someone.page.locator("input[name=password]")).to_have_value("")


def test_a_session_that_is_signed_out_stays_signed_out(salesperson):
    salesperson.sign_out()
    salesperson.page.reload()
    expect(salesperson.page.locator("input[name=username]")).to_be_visible()
    assert salesperson.asks("GET", "/me") == 401


def link_for(person):
    """A link that the server refuses with 401, as it does a used one."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": person, "aud": "salestargets-link"}).encode()).decode()
    return f"#link=e30.{claims.rstrip('=')}.e30"


def test_a_used_link_does_not_ask_for_a_password_while_its_session_is_good(salesperson):
    me = salesperson.reads("/me")
    salesperson.open("about:blank")
    salesperson.open("/" + link_for(me["id"]))
    salesperson.sees_the_year()
    salesperson.open("about:blank")
    salesperson.open("/widget" + link_for(me["id"]))
    salesperson.sees_the_year()


def test_a_refused_link_does_not_show_the_session_of_another_person(salesperson):
    salesperson.open("about:blank")
    salesperson.open("/" + link_for("someone-else"))
    expect(salesperson.page.locator("input[name=username]")).to_be_visible()


def test_a_salesperson_sees_no_button_of_a_manager(salesperson):
    expect(salesperson.page.get_by_role("button", name="Download CSV")).to_be_visible()
    for name in ("New target", "Fill a year", "Copy a year", "Find an order", re.compile("^(Edit|Delete) ")):
        expect(salesperson.page.get_by_role("button", name=name)).to_have_count(0)
    expect(salesperson.page.get_by_label("Salesperson", exact=True)).to_have_count(0)
    salesperson.drills_into(salesperson.page.locator(".target").first)
    salesperson.sheet.locator(".order .link").first.click()
    expect(salesperson.sheet.get_by_role("heading", name="Allocations")).to_be_visible()
    for name in ("Add an allocation", re.compile("^(Edit|Delete) ")):
        expect(salesperson.sheet.get_by_role("button", name=name)).to_have_count(0)


def test_the_calls_of_a_manager_are_refused(salesperson):
    mine = salesperson.reads(f"/targets?year={YEAR}&limit=1")["targets"][0]
    order = salesperson.reads(f"/targets/{mine['id']}/orders?limit=1")["orders"][0]
    me = salesperson.reads("/me")["id"]
    target = {"name": "x", "measure": "orders", "goal": "1", "start": f"{YEAR}-01-01", "end": f"{YEAR}-01-31", "assignees": [me]}
    spread = {"name": "x", "measure": "orders", "goal": "12", "year": YEAR, "assignees": [me]}
    refused = [
        ("POST", "/targets", target),
        ("PUT", f"/targets/{mine['id']}", target),
        ("DELETE", f"/targets/{mine['id']}", None),
        ("POST", "/targets/months", spread),
        ("POST", "/targets/copies", {"from": YEAR, "to": YEAR + 1}),
        ("POST", f"/orders/{order['id']}/allocations", {"salesperson": me}),
        ("PUT", f"/allocations/A-1?order={order['id']}", {"salesperson": me}),
        ("DELETE", f"/allocations/A-1?order={order['id']}", None),
        ("GET", "/widget?salesperson=u-2", None),
        ("GET", "/widget?salesperson=all", None),
    ]
    answers = {(method, path): salesperson.asks(method, path, body) for method, path, body in refused}
    assert set(answers.values()) == {403}, answers
