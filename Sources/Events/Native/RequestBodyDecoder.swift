package import Log
package import SalesRules

/// Why the body of a request cannot be used: all mistakes that were found.
package struct RequestBodyErrors: Error, Hashable, Sendable {
    /// One or more.
    package let errors: [EventError]
}

/// Decodes the bodies of requests, with the same rules and bounds as events.
package struct RequestBodyDecoder: Sendable {
    /// The most events in one request.
    package static let maximumEvents = 1_000

    private let settings: EventSettings
    private var native: NativeDecoder { NativeDecoder(settings: settings) }

    /// A decoder with these settings.
    package init(_ settings: EventSettings) { self.settings = settings }

    /// A target to be saved. Without `id` in the body, the id is nil and the target has a placeholder.
    package func target(_ body: [UInt8]) throws(RequestBodyErrors) -> (id: Identifier?, target: Target) {
        try object(body) { members, mistakes in
            let id = mistakes.take { () throws(EventError) in try members.id(.id) }
            let name = members.shownText(.name)
            let goal = goal(members, &mistakes)
            let period = mistakes.take { () throws(EventError) in try native.period(members) }
            let assignees = mistakes.take { () throws(EventError) in try native.assignees(members) }
            mistakes.check { () throws(EventError) in
                // What a GET answered may be sent back; only what is as it was can be left as it is.
                let currency = try members.currency(.currency, usual: native.settings.currency)
                if let currency, currency != native.settings.currency {
                    throw members.failure(
                        .currency,
                        "\(currency) is not \(native.settings.currency), the reporting currency"
                    )
                }
            }
            let inYear = mistakes.take { () throws(EventError) in try members.flag(.inYear) ?? true }
            guard let id, let goal, let period, let assignees, let inYear else { return nil }
            let target = Target(
                id: id ?? Self.unnamed,
                name: name,
                measure: goal.measure,
                goal: goal.value,
                period: period,
                assignees: assignees,
                inYear: inYear
            )
            return target.map { (id, $0) }
        }
    }

    /// A goal for a year, to be split into monthly targets.
    package func year(_ body: [UInt8]) throws(RequestBodyErrors) -> YearPlan {
        try object(body) { members, mistakes in
            let name = members.shownText(.name)
            let goal = goal(members, &mistakes)
            let year = mistakes.take { () throws(EventError) in try members.requiredYear(.year) }
            let assignees = mistakes.take { () throws(EventError) in try native.assignees(members) }
            guard let goal, let year, let assignees else { return nil }
            return YearPlan(name: name, measure: goal.measure, goal: goal.value, year: year, assignees: assignees)
        }
    }

    /// A plan to copy the targets of one year to another year.
    package func copies(_ body: [UInt8]) throws(RequestBodyErrors) -> CopyPlan {
        try object(body) { members, mistakes in
            let from = mistakes.take { () throws(EventError) in try members.requiredYear(.from) }
            let to = mistakes.take { () throws(EventError) in
                let to = try members.requiredYear(.to)
                if to == from { throw members.failure(.to, "is the same year as from") }
                return to
            }
            let percent = mistakes.take { () throws(EventError) in
                let percent = try members.decimal(.percent) ?? .zero
                guard CopyPlan.allows(percent) else {
                    throw members.failure(
                        .percent,
                        "\(percent) is not from \(CopyPlan.percents.lowerBound) to \(CopyPlan.percents.upperBound)"
                    )
                }
                return percent
            }
            let salesperson = mistakes.take { () throws(EventError) in try members.id(.salesperson) }
            let measure = mistakes.take { () throws(EventError) in try members.measure(.measure) }
            guard let from, let to, let percent, let salesperson, let measure else { return nil }
            let person = salesperson?.rawValue == "all" ? nil : salesperson
            return CopyPlan(from: from, to: to, percent: percent, salesperson: person, measure: measure)
        }
    }

    /// An allocation to be saved. Without `id` in the body, the id is nil and the allocation has a placeholder. The order
    /// is nil where the body names none.
    package func allocation(
        _ body: [UInt8]
    ) throws(RequestBodyErrors) -> (id: Identifier?, order: Identifier?, allocation: Allocation) {
        try object(body) { members, mistakes in
            let id = mistakes.take { () throws(EventError) in try members.id(.id) }
            let order = mistakes.take { () throws(EventError) in try members.id(.order) }
            let salesperson = mistakes.take { () throws(EventError) in try members.requiredPersonID(.salesperson) }
            let limit = mistakes.take { () throws(EventError) in try native.limit(members, isListed: false) }
            guard let id, let order, let salesperson, let limit else { return nil }
            return (id, order, Allocation(id: id ?? Self.unnamed, salesperson: salesperson, limit: limit))
        }
    }

    /// What a person chose to see in the widget.
    package func choice(_ body: [UInt8]) throws(RequestBodyErrors) -> WidgetChoice {
        try object(body) { members, mistakes in
            mistakes.take { () throws(EventError) in
                guard let widget = try members.object(.widget) else { throw members.missing(.widget) }
                return try native.choice(in: widget)
            }
        }
    }

    /// An event, or a list of events.
    /// - Parameters:
    ///   - tenant: the tenant of events that name no tenant.
    ///   - headers: headers of the request that have the meaning of a record's headers.
    package func events(
        _ body: [UInt8],
        tenant: Identifier,
        headers: [RecordHeader]
    ) throws(RequestBodyErrors) -> [Event] {
        var settings = settings
        settings.defaultTenant = tenant
        let decoder = EventDecoder(settings)
        return try text(body) { (text, tape) throws(RequestBodyErrors) in
            guard tape.nodes[0].kind == .array else { return [try Self.event(text, headers, decoder)] }
            var events: [Event] = []
            var errors: [EventError] = []
            var (index, position) = (1, 0)
            while index < Int(tape.nodes[0].next) {
                guard position < Self.maximumEvents else {
                    throw RequestBodyErrors(
                        errors: [EventError(member: nil, reason: "has more than \(Self.maximumEvents) events")]
                    )
                }
                do throws(EventError) {
                    events.append(try Self.element(tape.nodes[index], of: tape, headers, decoder))
                } catch {
                    let member = error.member.map { ".\($0)" } ?? ""
                    errors.append(EventError(member: "[\(position)]\(member)", reason: error.reason))
                }
                position += 1
                index = Int(tape.nodes[index].next)
            }
            guard errors.isEmpty else { throw RequestBodyErrors(errors: errors) }
            return events
        }
    }

    private static func event(
        _ text: UnsafeBufferPointer<UInt8>,
        _ headers: [RecordHeader],
        _ decoder: EventDecoder
    ) throws(RequestBodyErrors) -> Event {
        do throws(EventError) {
            return try decoder.decode(text, headers: headers)
        } catch {
            throw RequestBodyErrors(errors: [error])
        }
    }

    private static func element(
        _ node: JSONTape.Node,
        of tape: JSONTape,
        _ headers: [RecordHeader],
        _ decoder: EventDecoder
    ) throws(EventError) -> Event {
        guard node.kind == .object else { throw EventError(member: nil, reason: "is not a JSON object") }
        return try decoder.decode(tape.bytes(node), headers: headers)
    }

    /// A placeholder for an id that the server makes later.
    private static let unnamed = Identifier("unnamed")!

    private func goal(_ members: Members, _ mistakes: inout Mistakes) -> (measure: Measure, value: Int64)? {
        let measure = mistakes.take { () throws(EventError) in try native.measure(members) }
        // The goal can only be read with a valid measure.
        guard let measure else { return nil }
        return mistakes.take { () throws(EventError) in (measure, try native.goal(members, measure)) }
    }

    /// Reads a body that is an object.
    /// - Parameter read: returns nil only after a mistake.
    private func object<Value>(
        _ body: [UInt8],
        _ read: (Members, inout Mistakes) -> Value?
    ) throws(RequestBodyErrors) -> Value {
        try text(body) { (_, tape) throws(RequestBodyErrors) in
            var mistakes = Mistakes()
            let members = mistakes.take { () throws(EventError) in
                guard tape.nodes[0].kind == .object else {
                    throw EventError(member: nil, reason: "is not a JSON object")
                }
                return try Members(tape, object: 0)
            }
            if let members, let value = read(members, &mistakes), mistakes.errors.isEmpty { return value }
            throw RequestBodyErrors(errors: mistakes.errors)
        }
    }

    private func text<Value>(
        _ body: [UInt8],
        _ read: (UnsafeBufferPointer<UInt8>, JSONTape) throws(RequestBodyErrors) -> Value
    ) throws(RequestBodyErrors) -> Value {
        try body.withUnsafeBufferPointer { (text) throws(RequestBodyErrors) in
            let tape: JSONTape
            do throws(EventError) {
                guard !text.isEmpty else { throw EventError(member: nil, reason: "is empty") }
                tape = try JSONTape(text)
            } catch {
                throw RequestBodyErrors(errors: [error])
            }
            return try read(text, tape)
        }
    }
}

/// Collects the mistakes, so that one answer can report all of them.
private struct Mistakes {
    private(set) var errors: [EventError] = []

    mutating func check(_ read: () throws(EventError) -> Void) { _ = take(read) }

    mutating func take<Value>(_ read: () throws(EventError) -> Value) -> Value? {
        do throws(EventError) {
            return try read()
        } catch {
            errors.append(error)
            return nil
        }
    }
}
