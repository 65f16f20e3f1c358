"""A person at a browser: what they do, and what they see."""

import re

from playwright.sync_api import Page, expect


class Person:
    def __init__(self, page: Page):
        self.page = page
        #: Errors of scripts, and what the Content-Security-Policy blocked.
        self.complaints = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, message):
        # The browser also logs refused calls as errors. The page handles those.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    # Signing in and out

    def open(self, path):
        self.page.goto(path)

    def sign_in(self, account):
        self.page.locator("input[name=username]").fill(account.username)
        self.page.locator("input[name=password]").fill(account.password)
        self.page.locator("button[type=submit]").click()
        self.sees_the_year()

    def sign_out(self):
        self.page.get_by_role("button", name=re.compile("Sign out|Afmelden")).click()
        expect(self.page.locator("input[name=username]")).to_be_visible()

    # The year

    def sees_the_year(self):
        expect(self.result).not_to_be_empty()

    @property
    def result(self):
        return self.page.locator(".summary-result")

    def looks_at(self, salesperson=None, year=None, measure=None):
        """Changes the choice where it differs, and waits until the server has saved it."""
        if salesperson:
            self._selects("Salesperson", salesperson)
        if year:
            self._selects("Year", str(year))
        if measure:
            radio = self.page.get_by_role("radio", name=measure)
            if not radio.is_checked():
                with self._choice_saved():
                    radio.check()

    def _selects(self, label, value):
        picker = self.page.get_by_label(label, exact=True)
        # A manager's list of salespeople is read after the page is shown.
        expect(picker.locator(f'option[value="{value}"]')).to_have_count(1)
        if picker.input_value() != value:
            with self._choice_saved():
                picker.select_option(value)

    def _choice_saved(self):
        return self.page.expect_response(lambda answer: "/me/preferences" in answer.url and answer.ok)

    def money(self, text, currency="EUR"):
        """A decimal text as the page shows it to this viewer."""
        script = "async ([text, currency]) => (await import('/assets/lib/format.js')).money(text, currency)"
        return self.page.evaluate(script, [text, currency])

    # Targets and orders

    def target(self, name):
        return self.page.locator(".target").filter(has=self.page.get_by_role("heading", name=name, exact=True))

    def unfolds(self, group):
        details = self.page.locator(f"details[data-group={group}]")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        return details

    def drills_into(self, target):
        target.locator(".target-orders").click()
        expect(self.sheet.locator(".order-list")).to_have_attribute("aria-busy", "false")

    @property
    def sheet(self):
        """The dialog on top."""
        return self.page.locator("dialog[open]").last

    def finds_order(self, id):
        self.page.get_by_role("button", name="Find an order").click()
        self.sheet.get_by_label("Order id").fill(id)
        self.sheet.get_by_role("button", name="Open order").click()
        expect(self.sheet.get_by_role("heading", name="Allocations")).to_be_visible()

    def allocates(self, person, *, percent=None, amount=None, leaves):
        """Fills in the editor, checks what it leaves of the order, and saves."""
        self.sheet.get_by_role("button", name="Add an allocation").click()
        self.sheet.get_by_label("Salesperson").select_option(label=person)
        self.sheet.get_by_role("radio", name="Percentage" if percent else "Amount").check()
        self.sheet.locator("input[inputmode=decimal]").fill(percent or amount)
        expect(self.sheet.locator(".preview-left")).to_contain_text(f"Leaves {leaves} of")
        self.sheet.get_by_role("button", name="Save").click()
        expect(self.sheet.locator(".allocation", has_text=person)).to_be_visible()

    def closes(self):
        count = self.page.locator("dialog[open]").count()
        self.page.keyboard.press("Escape")
        expect(self.page.locator("dialog[open]")).to_have_count(count - 1)

    # The API, with the session of this viewer

    def reads(self, path):
        answer = self.page.request.get("/api/v1" + path)
        assert answer.ok, f"{path}: {answer.status}"
        return answer.json()

    def asks(self, method, path, body=None):
        """The status of a call made from the page."""
        script = """([method, path, body]) => fetch('/api/v1' + path, {
            method, headers: {'Content-Type': 'application/json'}, body: body && JSON.stringify(body),
        }).then((response) => response.status)"""
        return self.page.evaluate(script, [method, path, body])
