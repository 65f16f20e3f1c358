import Events
import SalesRules
import Testing

@Suite("Texts that are only shown never cost an event its effect")
struct ShownTextTests {
    @Test(
        "A value that is not a text is taken as it is written",
        arguments: [("1049", "1049"), ("-1.50e3", "-1.50e3"), ("true", "true"), ("false", "false"), ("null", "")]
    )
    func otherValues(written: String, read: String) throws {
        let order = try #require(
            savedOrder(try decode(orderJSON(["number": written, "subject": written, "account": written])))
        )
        #expect([order.number, order.subject, order.account] == [read, read, read])
        let person = try decode(#"{"type":"salesperson.saved","id":"u","name":\#(written)}"#, topic: .people)
        #expect(person.change == .person(id("u"), .saved(Person(id: id("u"), name: read))))
        let target = try decode(
            #"{"type":"target.saved","id":"T","name":\#(written),"measure":"orders","goal":1,"#
                + #""start":"2026-01-01","end":"2026-01-01","assignees":["u"]}"#,
            topic: .targets
        )
        guard case .target(_, .saved(let saved)) = target.change else {
            throw EventError(member: nil, reason: "no target")
        }
        #expect(saved.name == read)
    }

    @Test(
        "A long text is cut after 500 characters, and not within one",
        arguments: [
            (String(repeating: "a", count: 500), 500), (String(repeating: "a", count: 501), 500),
            (String(repeating: "é", count: 100_000), 500), (String(repeating: "😀", count: 501), 500),
            // Seven Unicode characters that people see as one.
            (String(repeating: "👨‍👩‍👧‍👦", count: 80), 497),
            ("a" + String(repeating: "\u{301}", count: 600), 500),
        ]
    )
    func long(text: String, characters: Int) throws {
        let order = try #require(savedOrder(try decode(orderJSON(["subject": "\"\(text)\""]))))
        #expect(order.subject.unicodeScalars.count == characters)
        #expect(text.unicodeScalars.starts(with: order.subject.unicodeScalars))
    }

    @Test("A status decides whether an order counts, and an address is used: these are refused, not cut")
    func decisive() {
        let long = "\"\(String(repeating: "a", count: 501))\""
        #expect(refusal(orderJSON(["status": long]))?.description == "status: has more than 500 characters")
        #expect(refusal(orderJSON(["status": "7"]))?.description == "status: is not a text")
        let person = #"{"type":"salesperson.saved","id":"u","email":\#(long)}"#
        #expect(refusal(person, topic: .people)?.member == "email")
    }

    @Test("`all` is nobody's id")
    func all() {
        #expect(refusal(orderJSON(["owner": #""all""#]))?.description == #"owner: "all" is nobody's id"#)
        let listed = #"[{"id":"A","salesperson":"all"}]"#
        #expect(refusal(orderJSON(["allocations": listed]))?.member == "allocations[0].salesperson")
        #expect(refusal(#"{"type":"salesperson.saved","id":"all","name":"x"}"#, topic: .people)?.member == "id")
        #expect(refusal(#"{"type":"preference.saved","id":"all"}"#, topic: .people)?.member == "id")
        #expect(refusal(nil, topic: .people, key: "default/all")?.member == "key")
        let target =
            #"{"type":"target.saved","id":"all","measure":"orders","goal":1,"start":"2026-01-01","end":"2026-01-01","#
        #expect(refusal(target + #""assignees":["u","all"]}"#, topic: .targets)?.member == "assignees[1]")
        #expect(refusal(target + #""assignees":["u"]}"#, topic: .targets) == nil)
        #expect(refusal(#"{"type":"preference.saved","id":"u","widget":{"salesperson":"all"}}"#, topic: .people) == nil)
        #expect(refusal(orderJSON(["owner": #""auth0|5f7""#])) == nil)
    }
}
