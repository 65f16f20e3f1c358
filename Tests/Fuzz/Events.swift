import Foundation
import Ledger
import Log
import Model
import SalesRules

@testable import Events

extension Fuzz {
    /// Decodes records of the log. The first two bytes choose the topic, the settings and the headers.
    static let events = FuzzTarget(name: "events", run: { decodeEvent($0) }, seeds: eventSeeds, words: words)

    /// Names and values of events, CloudEvents and vtiger.
    static let words =
        MemberName.allCases.map { "\"\($0.text)\":" }
        + [
            "order.saved", "order.deleted", "allocation.saved", "allocation.deleted", "target.saved", "target.deleted",
            "salesperson.saved", "preference.saved", "revenue", "orders", "EUR", "USD", "JPY", "CLF", "KWD", "\\u0000",
            "\\ud83d\\ude00", "2026-03-14", "2999-12-31", "1900-01-01 00:00:00", "17x5", "1e13", "1e-18",
            "10000000000000", "9223372036854775807", "-9223372036854775808", "0.000000000000000001",
        ]

    static let settings: [EventSettings] = [
        noError("settings") { try EventSettings() },
        noError("settings") { try EventSettings(currency: .yen, timeZone: "Europe/Amsterdam") },
        noError("settings") { try EventSettings(currency: Currency("CLF")!, vtigerAmount: .preTaxTotal) },
        noError("settings") { try EventSettings(timeZone: "Asia/Kathmandu", vtigerDate: .field("duedate")) },
    ]

    private static let usualHeaders: [RecordHeader] = [
        ("ce_type", "order.saved"), ("ce_type", "com.vtiger.SalesOrder.saved"),
        ("CE_Type", "com.vtiger.SalesOrder.restored"), ("ce_type", "com.vtiger.SalesOrder.deleted"),
        ("ce_type", "preference.saved"), ("Content-Type", "application/cloudevents+json"), ("ce_id", "1"),
    ].map { RecordHeader(name: $0.0, value: Array($0.1.utf8)) }

    private static func decodeEvent(_ input: Input) {
        var reader = InputReader(input)
        let (control, chosen) = (reader.byte(), reader.byte())
        let topic = Topic.allCases[Int(control & 3)]
        let settings = settings[Int(control >> 2 & 3)]
        var headers = usualHeaders.enumerated().filter { chosen >> $0.offset & 1 == 1 }.map(\.element)
        if chosen & 0x80 != 0 {
            headers.append(RecordHeader(name: String(decoding: reader.bytes(), as: UTF8.self), value: reader.bytes()))
        }
        let decoder = EventDecoder(settings)
        do throws(EventError) {
            let isNull = control & 16 != 0
            let event = try decoder.decode(
                topic: topic,
                key: isNull ? reader.rest : nil,
                value: isNull ? nil : reader.rest,
                headers: headers
            )
            check(event, read: reader.rest.count, settings)
        } catch {
            requireOneLine(error.description)
        }
    }

    /// Checks that an accepted event keeps `docs/CONTRACT.md, "Bounds"`, and is the same after encoding and decoding.
    static func check(_ event: Event, read size: Int, _ settings: EventSettings) {
        let record = EventEncoder(currency: settings.currency).encode(event)
        let again = record.key.withInput { key in
            noError("\(event) cannot be decoded after encoding") {
                if let value = record.value {
                    return try value.withInput {
                        try EventDecoder(settings).decode(topic: record.topic, key: key, value: $0, headers: [])
                    }
                }
                return try EventDecoder(settings).decode(topic: record.topic, key: key, value: nil, headers: [])
            }
        }
        require(again == event, "\(event) is decoded as \(again)")
        switch event.change {
        case .order(let id, let change): check(change, of: id, settings)
        case .target(let id, .saved(let target)): check(target, id: id)
        case .person(_, .preferred(let choice, let version)):
            let known = Versioned(choice, version: version)
            let decoded = noError("choice") { try PersonCodec.decodeChoice(PersonCodec.encode(known) ?? []) }
            require(decoded == known, "\(choice) is decoded as \(decoded)")
        case .target, .person: break
        }
        // An event that is accepted over HTTP becomes a record, whose size is bounded too.
        let growth = 1_024 + 64 * listedCount(event)
        require((record.value?.count ?? 0) <= size + growth, "\(size) bytes became \(record.value?.count ?? 0)")
    }

    private static func listedCount(_ event: Event) -> Int {
        if case .order(_, .saved(_, let listed?, _)) = event.change { listed.count } else { 0 }
    }

    private static func check(_ change: OrderChange, of id: Identifier, _ settings: EventSettings) {
        if case .saved(let order, let listed, _) = change {
            require(
                order.id == id && Money.minorUnits(of: order.total, in: order.currency) != nil,
                "bounds of \(order)"
            )
            require(order.exchangeRate.isPositive, "rate of \(order)")
            require((listed?.count ?? 0) <= OrderEntry.maximumAllocations, "too many allocations")
            require(Set(listed?.map(\.id) ?? []).count == listed?.count ?? 0, "an allocation id occurs twice")
        }
        var entry = OrderEntry()
        _ = noError("a first change") { try entry.apply(change) }
        check(entry, id: id, reporting: settings.currency)
        if case .saved = change {
            require(Rules(currency: settings.currency, excludedStatuses: []).worth(of: entry) != nil, "worth nothing")
        }
    }

    static func check(_ target: Target, id: Identifier) {
        require(target.id == id && (1...Money.bound).contains(target.goal), "bounds of \(target)")
        require((1...Target.maximumAssignees).contains(target.assignees.count), "assignees of \(target)")
        let record = CatalogRecord(target: target, version: target.version, countsFrom: 1)
        let again = noError("target") { try CatalogRecord.decode(record.encode(), id: id) }
        require(again == record, "\(record) is decoded as \(again)")
    }

    private static func eventSeeds() -> [[UInt8]] {
        let encoder = EventEncoder(currency: .euro)
        var seeds: [[UInt8]] = []
        for event in History(seed: 1, events: 120, orders: 20, targets: 8) {
            let record = encoder.encode(event)
            let topic = UInt8(Topic.allCases.firstIndex(of: record.topic)!)
            if let value = record.value {
                seeds.append([topic, 0] + value)
                let event = String(decoding: value, as: UTF8.self)
                seeds.append([topic, 0] + Array(#"{"specversion":"1.0","type":"x","data":\#(event)}"#.utf8))
            }
            seeds.append([topic | 16, 0] + record.key)
        }
        for line in fixture("crm.salesorder.cloudevents.jsonl").split(separator: "\n") {
            seeds.append([0, 0x20] + Array(line.utf8))
        }
        for name in ["retrieve.6x5.json", "query.json"] { seeds.append([0, 0] + Array(fixture(name).utf8)) }
        return seeds
    }

    /// A fixture of `EventsTests`.
    static func fixture(_ name: String) -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../EventsTests/Fixtures")
        return noError("fixture") { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    }
}
