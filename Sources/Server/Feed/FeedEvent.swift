internal import Events
internal import SalesRules

/// An event of the live feed (docs/CONTRACT.md, "Live feed").
struct FeedEvent: Hashable, Sendable {
    /// What the event is about. Of several events about one subject only the newest counts.
    enum Subject: Hashable, Sendable {
        /// A target's progress, or its deletion.
        case target(Identifier)
        /// The removal of a target for people who are no longer assigned to it.
        case withdrawal(Identifier)
        /// The results of a person in a year; nil for everyone together.
        case results(Identifier?, year: Int)
        /// All data.
        case everything
    }

    let subject: Subject
    var audience: FeedAudience
    /// The lines with the event's name and data.
    let lines: [UInt8]

    private init(_ subject: Subject, _ audience: FeedAudience, name: String, data: [UInt8]) {
        self.subject = subject
        self.audience = audience
        lines = Array("event: \(name)\ndata: ".utf8) + data + Array("\n".utf8)
    }

    /// - Parameter entry: the target as `GET /targets` lists it, on one line.
    static func progress(of target: Target, entry: [UInt8]) -> FeedEvent {
        let audience = FeedAudience(people: Set(target.assignees))
        return FeedEvent(.target(target.id), audience, name: "progress", data: entry)
    }

    /// A target was deleted.
    static func removed(_ target: Identifier, formerAssignees: [Identifier]) -> FeedEvent {
        let audience = FeedAudience(people: Set(formerAssignees))
        return FeedEvent(.target(target), audience, name: "removed", data: data(of: target))
    }

    /// These people are no longer assigned to a target.
    static func withdrawn(_ target: Identifier, from people: Set<Identifier>) -> FeedEvent {
        let audience = FeedAudience(managers: false, people: people)
        return FeedEvent(.withdrawal(target), audience, name: "removed", data: data(of: target))
    }

    /// - Parameter person: nil for everyone together, which only managers receive.
    static func results(of person: Identifier?, year: Int) -> FeedEvent {
        let data = JSONWriter.object { json in
            json.member("salesperson", person?.rawValue ?? "all")
            json.member("year", Int64(year))
        }
        let audience = FeedAudience(people: person.map { [$0] } ?? [])
        return FeedEvent(.results(person, year: year), audience, name: "results", data: data)
    }

    /// Asks viewers to load everything again.
    static let reload = FeedEvent(.everything, FeedAudience(), name: "reload", data: Array("{}".utf8))

    private static func data(of target: Identifier) -> [UInt8] {
        JSONWriter.object { $0.member("id", target.rawValue) }
    }
}
