import Foundation
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Numbers in responses", .timeLimit(.minutes(1)))
struct NumberTests {
    /// The members of one target after these events, and the whole text as `text`.
    private func shown(_ events: [Event], rules: Rules = Rules(), id: String = "T-1") async throws -> [String: String] {
        var members: [String: String] = [:]
        try await withFixture(events, rules: rules) { fixture in
            members = try await fixture.application().test(.router) { client in
                let answer = try await APIClient(client: client).get("targets/\(id)")
                #expect(answer.status == 200)
                return try Self.flat(answer.json()) + ["text": answer.text]
            }
        }
        return members
    }

    private static func flat(_ json: [String: Any]) throws -> [String: String] {
        var members: [String: String] = [:]
        for (name, value) in json {
            if let text = value as? String { members[name] = text }
            if let pace = value as? [String: String] { members.merge(pace) { $1 } }
        }
        return members
    }

    @Test("A target of the measure orders has integer strings, and each order counts once")
    func counts() async throws {
        let events = [
            target("T-1", measure: .orders, goal: "12", to: "2026-03-31", for: ["u-17", "u-18"]),
            saved("SO-1", total: "10.00", date: "2026-01-05", allocations: ["A-1 u-18 50%"]),
            saved("SO-2", total: "10.00", date: "2026-01-05"),
        ]
        let target = try await shown(events)
        #expect(
            target["text"].map(untagged)
                == compact(
                    """
                    {"id":"T-1","name":"","measure":"orders","currency":"EUR","goal":"12",
                    "start":"2026-01-01","end":"2026-03-31",
                    "assignees":[{"id":"u-17","name":"u-17","realized":"2","orders":2},
                    {"id":"u-18","name":"u-18","realized":"1","orders":1}],
                    "realized":"2","orders":2,"percent":16.7,
                    "pace":{"expected":"5","projected":"5","status":"behind"},"inYear":true,"counting":false}
                    """
                )
        )
    }

    @Test("Credit notes are negative, and results below zero are shown")
    func negative() async throws {
        let events = [
            target("T-1", goal: "100.00"), saved("SO-1", total: "7.00", date: "2026-01-01"),
            saved("SO-2", total: "-10.05", date: "2026-01-02", allocations: ["A-1 u-18 50%"]),
        ]
        try await withServer(events) { server in
            let target = try await server.get("targets/T-1")
            #expect(target.text.contains(#""realized":"-3.05","orders":2,"percent":-3.0,"#))
            let orders = try await server.get("targets/T-1/orders").text
            #expect(orders.contains(#""total":"-10.05","currency":"EUR","contributes":"-10.05""#))
            #expect(orders.contains(#""amount":"-5.02","because":"allocation A-1: 50 %""#))
            let widget = try await server.get("widget?year=2026&salesperson=u-17").text
            #expect(widget.contains(#""result":"-3.05","goalToDate":"8.49","resultToDate":"-3.05""#))
            #expect(widget.hasSuffix(#""total":{"goal":"100.00","result":"-3.05","percent":-3.0}}"#))
        }
    }

    @Test("A result above the goal is more than 100 %")
    func beyondTheGoal() async throws {
        let target = try await shown([target("T-1", goal: "100.00"), saved("SO-1", total: "130.04")])
        #expect(target["text"]?.contains(#""realized":"130.04","orders":1,"percent":130.0,"#) == true)
        #expect(target["status"] == "achieved")
    }

    @Test("An order's total is in its own currency, and its contribution in the reporting currency")
    func foreignCurrency() async throws {
        let events = [
            target("T-1", goal: "100.00", for: ["u-17", "u-18"]),
            saved(
                "SO-1",
                total: "13000",
                currency: "JPY",
                rate: "162.5",
                allocations: ["A-1 u-18 6500", "A-2 u-18 33.3333%"]
            ),
        ]
        try await withServer(events, rules: Rules(ownerCredit: .remainder)) { server in
            let order = compact(
                """
                "date":"2026-03-14","total":"13000","currency":"JPY","contributes":"80.00",
                "credits":[{"salesperson":"u-17","name":"u-17","amount":"13.33","because":"owner: what the allocations leave",
                "reasons":[{"kind":"remainder"}]},{"salesperson":"u-18","name":"u-18","amount":"66.67",
                "because":"allocation A-1: 6500 JPY, allocation A-2: 33.3333 %",
                "reasons":[{"kind":"allocation","allocation":"A-1","amount":"6500"},
                {"kind":"allocation","allocation":"A-2","percent":"33.3333"}]}]
                """
            )
            let (list, one) = (try await server.get("targets/T-1/orders"), try await server.get("orders/SO-1"))
            #expect(list.text.contains(order))
            #expect(one.text.contains(#""exchangeRate":"162.5""#))
        }
    }

    @Test("Amounts have the decimals of the reporting currency")
    func yen() async throws {
        let order = saved("SO-1", total: "1300", currency: "JPY")
        let target = try await shown([target("T-1", goal: "100.00"), order], rules: Rules(currency: .yen))
        #expect(target["text"]?.contains(#""currency":"JPY","goal":"10000""#) == true)
        #expect(target["realized"] == "1300")
    }

    @Test("A shared target has counting true until earlier orders are counted")
    func counting() async throws {
        let before = saved("SO-1", total: "10.00", allocations: ["A-1 u-18"])
        try await withFixture([before]) { fixture in
            try await fixture.sink.apply([target("T-1", goal: "100.00", for: ["u-17", "u-18"])], counts: false)
            try await fixture.application().test(.router) { client in
                let server = APIClient(client: client)
                #expect(try await server.get("targets/T-1").json()["counting"] as? Bool == true)
                try await fixture.sink.apply([])
                let counted = try await server.get("targets/T-1").json()
                #expect(counted["counting"] as? Bool == false)
                #expect(counted["realized"] as? String == "10.00")
            }
        }
    }

    @Test("A changed target and a changed order are shown at once")
    func changes() async throws {
        let first = [target("T-1", goal: "100.00"), saved("SO-1", total: "10.00")]
        try await withFixture(first) { fixture in
            try await fixture.application().test(.router) { client in
                let server = APIClient(client: client)
                #expect(try await server.get("targets/T-1").text.contains(#""percent":10.0,"#))
                try await fixture.sink.apply([target("T-1", goal: "50.00"), saved("SO-1", total: "20.00")])
                #expect(try await server.get("targets/T-1").text.contains(#""percent":40.0,"#))
                try await fixture.sink.apply([Event(tenant: acme, .target(id("T-1"), .deleted(version: nil)))])
                #expect(try await server.get("targets/T-1").status == 404)
            }
        }
    }

    @Test("The pace uses today's date in the time zone", arguments: [("UTC", "36"), ("Pacific/Kiritimati", "37")])
    func today(timeZone: String, expected: String) async throws {
        let events = [target("T-1", measure: .orders, goal: "90", to: "2026-03-31")]
        try await withFixture(events) { fixture in
            // Noon UTC is two o'clock the next morning on Kiritimati.
            try await fixture.application(timeZone: timeZone).test(.router) { client in
                let pace = try await APIClient(client: client).get("targets/T-1").json()["pace"] as? [String: String]
                #expect(pace?["expected"] == expected)
            }
        }
    }

    @Test("A deleted order has no credits, and only a manager can still read it")
    func deletedOrder() async throws {
        let events = [
            target("T-1", goal: "100.00"), saved("SO-1", total: "10.00"),
            Event(tenant: acme, .order(id("SO-1"), .deleted(version: nil))),
        ]
        try await withServer(events) { server in
            let order = try await server.get("orders/SO-1").text
            #expect(
                order.hasSuffix(
                    #""deleted":true,"allocations":[],"unallocated":"10.00","credits":[],"contributions":[]}"#
                )
            )
            #expect(try await server.get("orders/SO-1", as: "u-17", .salesperson).status == 403)
            #expect(try await server.get("targets/T-1/orders").text == #"{"orders":[]}"#)
        }
    }
}

private func + (left: [String: String], right: [String: String]) -> [String: String] {
    left.merging(right) { $1 }
}
