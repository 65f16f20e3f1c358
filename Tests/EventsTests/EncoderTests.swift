import Events
import Foundation
import SalesRules
import Testing

@Suite("Writing events")
struct EncoderTests {
    @Test("A written event is read back as the same event, with its topic and key")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var events = RandomEvent(seed: seed)
        let encoder = EventEncoder(currency: .euro)
        for _ in 0..<5_000 {
            let event = events.next()
            let record = encoder.encode(event)
            let key = String(decoding: record.key, as: UTF8.self)
            #expect(try decode(record.value, topic: record.topic, key: key) == event, "seed \(seed)")
            guard let value = record.value else { continue }
            #expect(throws: Never.self, "seed \(seed)") { try JSONSerialization.jsonObject(with: Data(value)) }
        }
    }

    @Test("A text is not longer when written than it was when read")
    func size() throws {
        let name = String(repeating: "\\n\\t\\r\\b\\f\\\\\\\"\\u0001é", count: 50)
        let text = Array(#"{"type":"salesperson.saved","tenant":"acme","id":"u","name":"\#(name)"}"#.utf8)
        let event = try decode(text, topic: .people, key: "acme/u")
        #expect(EventEncoder(currency: .euro).encode(event).value?.count == text.count)
    }

    @Test("The member `by` names who made a change, and readers ignore it")
    func person() throws {
        var events = RandomEvent(seed: 1)
        let encoder = EventEncoder(currency: .euro)
        for event in (0..<200).map({ _ in events.next() }) {
            let record = encoder.encode(event, by: id("u-2"))
            guard let value = record.value else { continue }
            #expect(String(decoding: value, as: UTF8.self).hasSuffix(#","by":"u-2"}"#))
            let key = String(decoding: record.key, as: UTF8.self)
            #expect(try decode(value, topic: record.topic, key: key) == event)
        }
    }

    @Test("A null value with the key of an event deletes that event's record")
    func keys() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var events = RandomEvent(seed: seed)
        let encoder = EventEncoder(currency: .euro)
        for _ in 0..<1_000 {
            let event = events.next()
            let record = encoder.encode(event)
            let deletion = try decode(nil, topic: record.topic, key: String(decoding: record.key, as: UTF8.self))
            #expect(deletion == Event(tenant: event.tenant, Self.deletion(of: event.change)), "seed \(seed)")
        }
    }

    private static func deletion(of change: Event.Change) -> Event.Change {
        switch change {
        case .order(let order, .allocationSaved(let allocation, _)):
            .order(order, .allocationDeleted(allocation.id, version: nil))
        case .order(let order, .allocationDeleted(let allocation, _)):
            .order(order, .allocationDeleted(allocation, version: nil))
        case .order(let order, _): .order(order, .deleted(version: nil))
        case .target(let target, _): .target(target, .deleted(version: nil))
        case .person(let person, .preferred), .person(let person, .preferenceDeleted):
            .person(person, .preferenceDeleted(version: nil))
        case .person(let person, _): .person(person, .deleted(version: nil))
        }
    }

    private func written(_ change: Event.Change, currency: Currency = .euro) -> (Topic, String, String?) {
        let record = EventEncoder(currency: currency).encode(Event(tenant: id("acme"), change))
        return (
            record.topic, String(decoding: record.key, as: UTF8.self),
            record.value.map { String(decoding: $0, as: UTF8.self) }
        )
    }

    @Test("An order is written with its key, its topic, and money as decimal strings")
    func order() {
        let order = Order(
            id: id("SO-1"),
            number: "SO1",
            subject: "a\"b\\c\n\u{1}é",
            owner: id("u-17"),
            total: decimal("-1250.05"),
            currency: Currency("USD")!,
            exchangeRate: Decimal(units: 1_088, scale: 3),
            date: day("2026-03-14"),
            status: "Approved"
        )
        let listed = Allocation(
            id: id("A-1"),
            salesperson: id("u-18"),
            limit: .percent(Percent(tenThousandths: 333_333)!)
        )
        let (topic, key, value) = written(.order(id("SO-1"), .saved(order, listed: [listed], version: 7)))
        #expect(topic == .orders)
        #expect(key == "acme/SO-1")
        #expect(
            value == #"{"type":"order.saved","tenant":"acme","id":"SO-1","version":7,"number":"SO1","#
                + #""subject":"a\"b\\c\n\u0001é","owner":"u-17","total":"-1250.05","currency":"USD","#
                + #""exchangeRate":"1.088","date":"2026-03-14","status":"Approved","#
                + #""allocations":[{"id":"A-1","salesperson":"u-18","percent":"33.3333"}]}"#
        )
    }

    @Test("All other events have their topics and keys, and a deleted person is a null value")
    func others() {
        let allocation = Allocation(id: id("A-1"), salesperson: id("u"), limit: .amount(Decimal(units: 5, scale: 1)))
        #expect(
            written(.order(id("SO-1"), .allocationSaved(allocation, version: nil)))
                == (
                    .allocations, "acme/SO-1/A-1",
                    #"{"type":"allocation.saved","tenant":"acme","id":"A-1","order":"SO-1","salesperson":"u","amount":"0.5"}"#
                )
        )
        #expect(written(.order(id("SO-1"), .allocationDeleted(id("A-1"), version: 2))).1 == "acme/SO-1/A-1")
        #expect(written(.target(id("T"), .deleted(version: nil))).0 == .targets)
        #expect(written(.person(id("u"), .deleted(version: 2))).1 == "acme/u")
        #expect(written(.person(id("u"), .preferred(WidgetChoice(), version: nil))).1 == "acme/u/preference")
    }

    @Test("A goal of money is written in the reporting currency's minor unit, a goal of orders as a count")
    func goal() throws {
        for (measure, currency, expected) in [
            (Measure.revenue, "EUR", "12.00"), (.revenue, "JPY", "1200"), (.revenue, "KWD", "1.200"),
            (.orders, "EUR", "1200"),
        ] {
            let target = Target(
                id: id("T"),
                measure: measure,
                goal: 1_200,
                period: Period(start: .epoch, end: .epoch)!,
                assignees: [id("u")]
            )
            let change = Event.Change.target(id("T"), .saved(try #require(target)))
            #expect(written(change, currency: Currency(currency)!).2?.contains("\"goal\":\"\(expected)\"") == true)
        }
    }
}
