internal import Foundation
public import Log
public import SalesRules

/// Decodes records of the log into events: the program's own events, the same in CloudEvents, and orders of vtiger.
public struct EventDecoder: Sendable {
    /// The largest value of a record, in bytes (docs/CONTRACT.md, "Bounds").
    public static let maximumSize = 1_048_576

    private let settings: EventSettings

    /// A decoder with these settings.
    public init(_ settings: EventSettings) { self.settings = settings }

    /// Decodes the parts of a record (docs/CONTRACT.md, "Events" and "Also accepted").
    /// - Parameters:
    ///   - topic: the topic that the record was read from.
    ///   - key: names what a null value deletes; ignored otherwise.
    ///   - value: nil for a null value.
    /// - Throws: why the record is a dead letter.
    public func decode(
        topic: Topic,
        key: UnsafeBufferPointer<UInt8>?,
        value: UnsafeBufferPointer<UInt8>?,
        headers: [RecordHeader]
    ) throws(EventError) -> Event {
        guard let value else { return try RecordKey.deletion(topic: topic, key: key) }
        let event = try decode(value, headers: headers)
        guard topic.carries(event.change) else {
            throw EventError(
                member: "type",
                reason: "belongs on \(Topic.names(for: event.change)), not on \(topic.rawValue)"
            )
        }
        return event
    }

    /// Decodes a record.
    /// - Parameter topic: the topic that the record was read from.
    /// - Throws: why the record is a dead letter.
    public func decode(_ record: LogRecord, topic: Topic) throws(EventError) -> Event {
        let headers = record.hasHeaders ? record.headers : []
        return try record.withKey { (key) throws(EventError) in
            try record.withValue { (value) throws(EventError) in
                try decode(topic: topic, key: key, value: value, headers: headers)
            }
        }
    }

    /// The deletion of the record that the key names, for a record that cannot be decoded; nil where it names none.
    /// - Parameter topic: the topic that the record was read from.
    public func deletion(namedBy record: LogRecord, topic: Topic) -> Event? {
        record.withKey { key in try? RecordKey.deletion(topic: topic, key: key) }
    }

    /// Decodes an event of any topic.
    /// - Throws: why the value cannot be used.
    package func decode(_ value: UnsafeBufferPointer<UInt8>, headers: [RecordHeader]) throws(EventError) -> Event {
        guard value.count <= Self.maximumSize else {
            throw EventError(member: "record", reason: "is larger than 1 MiB (\(value.count) bytes)")
        }
        guard !value.isEmpty else {
            throw EventError(member: "record", reason: "is empty; send null to delete")
        }
        if headers.isEmpty, let event = OrderScanner.event(value, settings: settings) { return event }
        return try decodeAnyForm(value, headers: headers)
    }

    /// Decodes an event in any of the forms.
    func decodeAnyForm(_ value: UnsafeBufferPointer<UInt8>, headers: [RecordHeader]) throws(EventError) -> Event {
        let tape = try JSONTape(value)
        guard tape.nodes[0].kind == .object else {
            throw EventError(member: "record", reason: "is not a JSON object")
        }
        return try decode(try Members(tape, object: 0), try CloudEventEnvelope(headers))
    }

    private func decode(_ record: Members, _ envelope: CloudEventEnvelope) throws(EventError) -> Event {
        guard envelope.isStructured || record.has(.specversion) else {
            return try decode(record, type: envelope.type)
        }
        let type = try record.requiredText(.type)
        guard let encoded = try record.text(.dataBase64) else {
            guard let data = try record.object(.data) else { throw record.missing(.data) }
            return try decode(data, type: type)
        }
        if record.has(.data) { throw record.failure(.dataBase64, "and data exclude each other: send only one of them") }
        guard let data = Data(base64Encoded: encoded) else { throw record.failure(.dataBase64, "is not Base64") }
        return try Array(data).withUnsafeBufferPointer { (bytes) throws(EventError) in
            let tape: JSONTape
            do throws(EventError) { tape = try JSONTape(bytes) } catch {
                throw record.failure(.dataBase64, error.reason)
            }
            guard tape.nodes[0].kind == .object else { throw record.failure(.dataBase64, "is not a JSON object") }
            return try decode(try Members(tape, object: 0, path: .member(.record, .dataBase64)), type: type)
        }
    }

    /// - Parameter type: the type in the envelope. If the event has a type too, that one is used, except for vtiger's
    ///   types.
    private func decode(_ data: Members, type: String?) throws(EventError) -> Event {
        let vtiger = VtigerDecoder(settings: settings)
        if let type, type.hasPrefix(VtigerDecoder.prefix) { return try vtiger.tableRow(data, type: type) }
        if let type = try data.text(.type) ?? type {
            return try NativeDecoder(settings: settings).event(data, type: type)
        }
        if VtigerDecoder.isOrder(data) { return try vtiger.webservice(data) }
        if data.has(.success), data.has(.result) { return try vtiger.answer(data) }
        throw data.missing(.type)
    }
}

extension Topic {
    fileprivate func carries(_ change: Event.Change) -> Bool { Self.topics(for: change).contains(self) }

    fileprivate static func names(for change: Event.Change) -> String {
        topics(for: change).map(\.rawValue).joined(separator: " or ")
    }

    private static func topics(for change: Event.Change) -> [Topic] {
        switch change {
        case .order: [.orders, .allocations]
        case .target: [.targets]
        case .person: [.people]
        }
    }
}
