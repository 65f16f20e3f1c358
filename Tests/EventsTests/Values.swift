import Events
import Foundation
import Log
import SalesRules

func id(_ text: String) -> Identifier { Identifier(text)! }

func day(_ text: String) -> Day { Day(text)! }

func decimal(_ text: String) -> SalesRules.Decimal { try! SalesRules.Decimal(text) }

func settings(
    currency: String = "EUR",
    timeZone: String = "UTC",
    amount: EventSettings.VtigerAmount = .grandTotal,
    date: EventSettings.VtigerDate = .created
) -> EventSettings {
    try! EventSettings(
        currency: Currency(currency)!,
        timeZone: timeZone,
        vtigerAmount: amount,
        vtigerDate: date
    )
}

func header(_ name: String, _ value: String?) -> RecordHeader {
    RecordHeader(name: name, value: value.map { Array($0.utf8) })
}

func decode(
    _ bytes: [UInt8]?,
    topic: Topic = .orders,
    key: String? = nil,
    headers: [RecordHeader] = [],
    settings: EventSettings = settings()
) throws(EventError) -> Event {
    let decoder = EventDecoder(settings)
    func decoded(_ key: UnsafeBufferPointer<UInt8>?) throws(EventError) -> Event {
        guard let bytes else { return try decoder.decode(topic: topic, key: key, value: nil, headers: headers) }
        // A buffer of exactly the record's size lets a sanitizer detect a read beyond its end.
        let exact = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        defer { exact.deallocate() }
        _ = exact.initialize(from: bytes)
        return try decoder.decode(topic: topic, key: key, value: UnsafeBufferPointer(exact), headers: headers)
    }
    guard let key else { return try decoded(nil) }
    return try Array(key.utf8).withUnsafeBufferPointer { (key) throws(EventError) in try decoded(key) }
}

func decode(
    _ text: String,
    topic: Topic = .orders,
    headers: [RecordHeader] = [],
    settings: EventSettings = settings()
) throws(EventError) -> Event {
    try decode(Array(text.utf8), topic: topic, headers: headers, settings: settings)
}

/// The reason why a record is refused; nil when it is accepted.
func refusal(
    _ text: String,
    topic: Topic = .orders,
    headers: [RecordHeader] = [],
    settings: EventSettings = settings()
) -> EventError? {
    refusal(Array(text.utf8), topic: topic, headers: headers, settings: settings)
}

func refusal(
    _ bytes: [UInt8]?,
    topic: Topic = .orders,
    key: String? = nil,
    headers: [RecordHeader] = [],
    settings: EventSettings = settings()
) -> EventError? {
    do throws(EventError) {
        _ = try decode(bytes, topic: topic, key: key, headers: headers, settings: settings)
        return nil
    } catch {
        return error
    }
}

/// An `order.saved` with the required members. `changes` adds or replaces members; nil removes one.
func orderJSON(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
    var members = [
        ("type", #""order.saved""#), ("id", #""SO-1""#), ("owner", #""u-1""#), ("total", #""12.50""#),
        ("date", #""2026-03-14""#),
    ]
    for (name, value) in changes {
        members.removeAll { $0.0 == name }
        if let value { members.append((name, value)) }
    }
    return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
}

func savedOrder(_ event: Event) -> Order? {
    guard case .order(_, .saved(let order, _, _)) = event.change else { return nil }
    return order
}

func fixture(_ name: String) throws -> [UInt8] {
    let file = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)
    guard let file else { throw CocoaError(.fileNoSuchFile) }
    return Array(try Data(contentsOf: file))
}

/// A random generator that is determined by its seed (Vigna's SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
