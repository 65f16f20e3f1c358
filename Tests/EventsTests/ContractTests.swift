import SalesRules
import Testing

@testable import Events

/// Shuffles members without understanding them: the texts here hold no comma between quotes.
private func shuffled(_ object: String, _ generator: inout SeededGenerator) -> String {
    "{" + object.dropFirst().dropLast().split(separator: ",").shuffled(using: &generator).joined(separator: " , ") + "}"
}

@Suite("The example events of docs/CONTRACT.md")
struct ContractTests {
    private static let saved = #"""
        {"type":"order.saved","tenant":"acme","id":"SO-1001","version":7,
         "number":"SO1001","subject":"Renewal 2026","account":"Globex",
         "owner":"u-17","total":"1250.00","currency":"EUR","exchangeRate":"1",
         "date":"2026-03-14","status":"Approved","savedAt":"2026-03-14T10:15:00Z",
         "allocations":[{"id":"A-1","salesperson":"u-18","percent":"40"}]}
        """#

    @Test("The example order is read with all its members")
    func saved() throws {
        let order = Order(
            id: id("SO-1001"),
            number: "SO1001",
            subject: "Renewal 2026",
            account: "Globex",
            owner: id("u-17"),
            total: decimal("1250"),
            currency: .euro,
            date: day("2026-03-14"),
            status: "Approved"
        )
        let listed = Allocation(
            id: id("A-1"),
            salesperson: id("u-18"),
            limit: .percent(Percent(tenThousandths: 400_000)!)
        )
        #expect(
            try decode(Self.saved)
                == Event(tenant: id("acme"), .order(id("SO-1001"), .saved(order, listed: [listed], version: 7)))
        )
    }

    private static let others: [(String, Topic, Event.Change)] = [
        (
            #"{"type":"order.deleted","id":"SO-1001","version":8}"#, .orders,
            .order(id("SO-1001"), .deleted(version: 8))
        ),
        (
            #"{"type":"allocation.saved","id":"A-1","order":"SO-1","salesperson":"u-18","percent":"40","version":1,"by":7}"#,
            .allocations,
            .order(
                id("SO-1"),
                .allocationSaved(
                    Allocation(
                        id: id("A-1"),
                        salesperson: id("u-18"),
                        limit: .percent(Percent(tenThousandths: 400_000)!)
                    ),
                    version: 1
                )
            )
        ),
        (
            #"{"type":"allocation.saved","id":"A-2","order":"SO-1","salesperson":"u-19","amount":"500.00"}"#,
            .allocations,
            .order(
                id("SO-1"),
                .allocationSaved(
                    Allocation(
                        id: id("A-2"),
                        salesperson: id("u-19"),
                        limit: .amount(Decimal(units: 500, scale: 0))
                    ),
                    version: nil
                )
            )
        ),
        (
            #"{"type":"allocation.saved","id":"A-3","order":"SO-1","salesperson":"u-20","percent":null}"#, .orders,
            .order(
                id("SO-1"),
                .allocationSaved(Allocation(id: id("A-3"), salesperson: id("u-20"), limit: .whole), version: nil)
            )
        ),
        (
            #"{"type":"allocation.deleted","id":"A-3","order":"SO-1001"}"#, .allocations,
            .order(id("SO-1001"), .allocationDeleted(id("A-3"), version: nil))
        ),
        (
            #"{"type":"target.saved","id":"T-1","name":"Q1","measure":"revenue","goal":"250000.00","start":"2026-01-01","end":"2026-03-31","assignees":["u-18","u-17"],"version":"1"}"#,
            .targets,
            .target(
                id("T-1"),
                .saved(
                    Target(
                        id: id("T-1"),
                        name: "Q1",
                        measure: .revenue,
                        goal: 25_000_000,
                        period: Period(start: day("2026-01-01"), end: day("2026-03-31"))!,
                        assignees: [id("u-17"), id("u-18")],
                        version: 1
                    )!
                )
            )
        ),
        (
            #"{"type":"target.saved","id":"T-2","measure":"orders","goal":120,"start":"2026-01-01","end":"2026-12-31","assignees":["u-17"]}"#,
            .targets,
            .target(
                id("T-2"),
                .saved(
                    Target(
                        id: id("T-2"),
                        measure: .orders,
                        goal: 120,
                        period: Period(start: day("2026-01-01"), end: day("2026-12-31"))!,
                        assignees: [id("u-17")]
                    )!
                )
            )
        ),
        (#"{"type":"target.deleted","id":"T-1"}"#, .targets, .target(id("T-1"), .deleted(version: nil))),
        (
            #"{"type":"salesperson.saved","id":"u-17","name":"Jan de Vries","email":"jan@example.com"}"#, .people,
            .person(id("u-17"), .saved(Person(id: id("u-17"), name: "Jan de Vries", email: "jan@example.com")))
        ),
        (
            #"{"type":"preference.saved","id":"u-17","widget":{"year":2026,"salesperson":"u-18","measure":"revenue"}}"#,
            .people,
            .person(
                id("u-17"),
                .preferred(WidgetChoice(year: 2026, salesperson: id("u-18"), measure: .revenue), version: nil)
            )
        ),
        (
            #"{"type":"preference.saved","id":"u-17","widget":{"salesperson":"all","year":null}}"#, .people,
            .person(id("u-17"), .preferred(WidgetChoice(salesperson: id("all")), version: nil))
        ),
    ]

    @Test("Every other example is read correctly, for the default tenant", arguments: others)
    func other(text: String, topic: Topic, change: Event.Change) throws {
        #expect(try decode(text, topic: topic) == Event(tenant: id("default"), change))
    }

    @Test("Members may be in any order, even with the type last")
    func order() throws {
        var generator = SeededGenerator(seed: 1)
        let text =
            #"{"id":"SO-1","owner":"u-1","total":"1.00","date":"2026-03-14","currency":"USD","exchangeRate":2,"#
            + #""status":"Approved","version":3,"unknown":{"a":[1]},"type":"order.saved"}"#
        let expected = try decode(text)
        for _ in 0..<200 { #expect(try decode(shuffled(text, &generator)) == expected) }
    }

    @Test("Unknown members are ignored at any depth, even when repeated")
    func unknown() throws {
        let text = orderJSON(["x": #"{"type":1,"id":[{"total":null}],"a":{},"b":[]}"#])
        #expect(try decode(text) == decode(orderJSON()))
        #expect(try decode(text.dropLast() + #","x":1,"x":2}"#) == decode(orderJSON()))
    }

    @Test(
        "A name that differs slightly from a known one is unknown",
        arguments: [
            "Currency", "currenc", "currencyx", #"currency\u0000"#, #"\u0000total"#, #"currency\u0000\u0000"#, "",
            " total",
            #"total\u0000"#, "allocation", "allocationss", "exchangerate",
            "a name that is longer than any that is known",
        ]
    )
    func nearly(name: String) throws {
        #expect(try decode(orderJSON([name: "{}"])) == decode(orderJSON()))
    }

    @Test("Names and values with escapes are the same as without")
    func escapes() throws {
        let plain = try decode(orderJSON(["exchangeRate": "1", "subject": #""2""#, "number": #""é😀/""#]))
        let text = orderJSON(["number": #""\u00e9\ud83d\ude00\/""#, "date": #""2026\u002d03-14""#])
            .replacing(#""id":"SO-1""#, with: #""\u0069d":"SO\u002D1""#)
            .replacing("12.50", with: #"\u00312.50"#)
        #expect(try decode(text.dropLast() + #","exchange\u0052ate":"1","\u0073ubject":"2"}"#) == plain)
    }

    @Test(
        "A null member counts as absent",
        arguments: ["version", "number", "subject", "account", "currency", "status"]
    )
    func null(name: String) throws {
        #expect(try decode(orderJSON([name: "null"])) == decode(orderJSON()))
    }

    @Test(
        "A version and an edit are a pair, and an edit of 0 is none",
        arguments: [
            (#"null,"edit":0"#, nil), (#""7","edit":"0""#, 7), (#"7,"edit":2"#, RecordVersion(number: 7, edit: 2)),
            (#"null,"edit":"3""#, RecordVersion(number: nil, edit: 3)),
            (#"-1,"edit":9223372036854775807"#, RecordVersion(number: -1, edit: .max)),
        ] as [(String, RecordVersion?)]
    )
    func version(text: String, version: RecordVersion?) throws {
        let event = try decode(#"{"type":"order.deleted","id":"SO-1","version":\#(text)}"#)
        #expect(event.change == .order(id("SO-1"), .deleted(version: version)))
    }

    @Test("An object may have every member that is known")
    func members() throws {
        let members = MemberName.allCases.map { "\"\($0.text)\":null" }.joined(separator: ",")
        #expect(refusal("{\(members)}")?.member == "type")
        #expect(MemberName.allCases.count <= Members.Slots.count)
    }

    @Test("An empty list of allocations is distinguished from a missing list")
    func listed() throws {
        func listed(_ text: String) throws -> [Allocation]?? {
            guard case .order(_, .saved(_, let listed, _)) = try decode(text).change else { return nil }
            return .some(listed)
        }
        #expect(try listed(orderJSON(["allocations": "[]"])) == .some([]))
        #expect(try listed(orderJSON(["allocations": "null"])) == .some(nil))
        #expect(try listed(orderJSON()) == .some(nil))
        let hundred = (1...100).map { #"{"id":"A-\#($0)","salesperson":"u-1"}"# }.joined(separator: ",")
        #expect(try listed(orderJSON(["allocations": "[\(hundred)]"]))??.count == 100)
    }

    @Test("A record of exactly 1 MiB is read")
    func largest() throws {
        let text = orderJSON(["x": "\"\(String(repeating: "x", count: 1_048_576 - orderJSON().utf8.count - 7))\""])
        #expect(text.utf8.count == 1_048_576)
        #expect(try decode(text) == decode(orderJSON()))
        #expect(refusal(text + " ")?.description == "record: is larger than 1 MiB (1048577 bytes)")
    }
}
