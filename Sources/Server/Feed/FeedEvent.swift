internal import Events
internal import NIOCore
internal import SalesRules

/// One thing that viewers are told.
struct FeedEvent: Hashable, Sendable {
    /// What it is about: of several events about the same, only the newest counts.
    enum Subject: Hashable, Sendable {
        /// How far a target is, or that it is gone.
        case target(Identifier)
        /// That a target is gone for those who are no longer assigned to it.
        case withdrawal(Identifier)
        /// A person's days of a year; nil for everyone's.
        case results(Identifier?, year: Int)
        /// That everything is to be looked at anew.
        case everything
    }

    let subject: Subject
    var audience: FeedAudience
    /// Its name and its data, each on a line of its own.
    let lines: [UInt8]

    private init(_ subject: Subject, _ audience: FeedAudience, name: String, data: [UInt8]) {
        self.subject = subject
        self.audience = audience
        lines = Array("event: \(name)\ndata: ".utf8) + data + Array("\n".utf8)
    }

    /// - Parameter entry: the target as `GET /targets` lists it, which is one line.
    static func progress(of target: Target, entry: [UInt8]) -> FeedEvent {
        let audience = FeedAudience(people: Set(target.assignees))
        return FeedEvent(.target(target.id), audience, name: "progress", data: entry)
    }

    /// A target is no more.
    static func removed(_ target: Identifier, formerly assignees: [Identifier]) -> FeedEvent {
        let audience = FeedAudience(people: Set(assignees))
        return FeedEvent(.target(target), audience, name: "removed", data: data(of: target))
    }

    /// A target is no longer these people's.
    static func withdrawn(_ target: Identifier, from people: Set<Identifier>) -> FeedEvent {
        let audience = FeedAudience(managers: false, people: people)
        return FeedEvent(.withdrawal(target), audience, name: "removed", data: data(of: target))
    }

    /// - Parameter person: nil for everyone together, which is for managers only.
    static func results(of person: Identifier?, year: Int) -> FeedEvent {
        let data = JSONWriter.object { json in
            json.member("salesperson", person?.rawValue ?? "all")
            json.member("year", Int64(year))
        }
        let audience = FeedAudience(people: person.map { [$0] } ?? [])
        return FeedEvent(.results(person, year: year), audience, name: "results", data: data)
    }

    /// What was missed cannot be told apart.
    static let reload = FeedEvent(.everything, FeedAudience(), name: "reload", data: Array("{}".utf8))

    private static func data(of target: Identifier) -> [UInt8] {
        JSONWriter.object { $0.member("id", target.rawValue) }
    }
}

/// Where a stream is: the number of the last event, and which start of the server counted it. Numbers rise over all
/// tenants, so that one that was given before means the same for ever.
struct FeedPosition: Hashable, Sendable {
    /// Drawn at each start.
    let boot: String
    let number: UInt64

    init(boot: String, number: UInt64) {
        self.boot = boot
        self.number = number
    }

    /// Reads what ``description`` wrote; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 64, parts.count == 2, !parts[0].isEmpty, let number = UInt64(parts[1]) else {
            return nil
        }
        self.init(boot: String(parts[0]), number: number)
    }

    static func newBoot() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }
}

extension FeedPosition: CustomStringConvertible {
    var description: String { "\(boot)-\(number)" }
}

/// Blocks of `text/event-stream`.
enum FeedText {
    /// Keeps a quiet connection open, and shows that it is.
    static let comment = ByteBuffer(string: ":\n\n")

    /// What a stream begins with: how long a browser waits before it connects again, and where it is before the first
    /// event; without that it would not know after a break.
    static func opening(at position: FeedPosition?) -> ByteBuffer {
        ByteBuffer(string: "retry: 1000\n" + (position.map { "id: \($0)\n" } ?? "") + "\n")
    }

    /// Where a stream is, without an event.
    static func mark(_ position: FeedPosition) -> ByteBuffer { ByteBuffer(string: "id: \(position)\n\n") }

    /// An event that is not a step of the stream: it has no place in it, and who missed it gets the next one.
    static func notice(_ name: String, _ data: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: Array("event: \(name)\ndata: ".utf8) + data + Array("\n\n".utf8))
    }

    static func block(_ event: FeedEvent, at position: FeedPosition) -> ByteBuffer {
        var block = ByteBuffer()
        block.reserveCapacity(event.lines.count + 48)
        block.writeString("id: \(position)\n")
        block.writeBytes(event.lines)
        block.writeString("\n")
        return block
    }
}
