package import SalesRules

/// A random but realistic history of two tenants, produced one event at a time and determined by its seed.
///
/// Both tenants use the same ids. Events of one record (``SalesRules/Event/recordKey``) must keep their order. Events of
/// different records may interleave in any way without a change of the result.
package struct History: Sequence, Sendable {
    package let seed: UInt64
    package let count: Int
    package let people: [Identifier]
    package let orders: Int
    package let targets: Int
    package let days: Int?
    package let weights: Weights

    package static let tenants = [id("acme"), id("globex")]
    /// The years of the dates of orders and the periods of targets.
    package static let years = 2025...2027

    /// The relative frequency of each kind of event.
    package struct Weights: Sendable {
        package var order = 60
        package var orderDeleted = 4
        package var allocations = 22
        package var target = 5
        package var targetDeleted = 1
        package var person = 3
        /// A recent event again, as a producer that retries sends it.
        package var duplicate = 5

        package init() {}
    }

    /// - Parameters:
    ///   - orders: per tenant; with fewer orders, each one is saved more often.
    ///   - targets: per tenant.
    ///   - days: how many days of March 2026 the orders are on; nil for days of all ``years``.
    package init(
        seed: UInt64,
        events count: Int,
        people: Int = 12,
        orders: Int = 400,
        targets: Int = 40,
        days: Int? = nil,
        weights: Weights = Weights()
    ) {
        self.seed = seed
        self.count = count
        self.people = (1...people).map { id("u-\($0)") }
        self.orders = orders
        self.targets = targets
        self.days = days
        self.weights = weights
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package struct Iterator: IteratorProtocol {
        let history: History
        var random: SeededGenerator
        var orders: [TenantScoped: OrderDraft] = [:]
        var versions: [RecordKey: RecordVersion] = [:]
        var targets: [TenantScoped: Target] = [:]
        private var left: Int
        private var waiting: [Event] = []
        private var recent: [Event] = []

        init(_ history: History) {
            self.history = history
            random = SeededGenerator(seed: history.seed)
            left = history.count
        }

        package mutating func next() -> Event? {
            guard left > 0 else { return nil }
            left -= 1
            if waiting.isEmpty { waiting = makeEvents().reversed() }
            guard let event = waiting.popLast() else { return nil }
            if recent.count < 50 { recent.append(event) } else { recent[left % 50] = event }
            return event
        }

        private mutating func makeEvents() -> [Event] {
            let weights = history.weights
            let tenant = random.chance(750) ? History.tenants[0] : History.tenants[1]
            let kinds: [(Int, Kind)] = [
                (weights.order, .order), (weights.orderDeleted, .orderDeleted), (weights.allocations, .allocations),
                (weights.target, .target), (weights.targetDeleted, .targetDeleted), (weights.person, .person),
                (recent.isEmpty ? 0 : weights.duplicate, .duplicate),
            ]
            switch random.weighted(kinds.map { (weight: $0.0, value: $0.1) }) {
            case .order: return [saveOrder(of: tenant)]
            case .orderDeleted: return [deleteOrder(of: tenant)]
            case .allocations: return changeAllocations(of: tenant)
            case .target: return [saveTarget(of: tenant)]
            case .targetDeleted: return [deleteTarget(of: tenant)]
            case .person: return [changePerson(of: tenant)]
            case .duplicate: return [random.pick(recent)]
            }
        }

        private enum Kind {
            case order
            case orderDeleted
            case allocations
            case target
            case targetDeleted
            case person
            case duplicate
        }

        /// Seven of ten records have versions, which rise by one or more. A few of their events are stale or unversioned.
        /// Every seventh event of any record is a change over HTTP, which may have lost against another one.
        mutating func version(of key: RecordKey) -> RecordVersion? {
            let known = versions[key]
            if random.chance(140) {
                let edit = (known?.edit ?? 0) + (random.chance(200) ? 0 : 1)
                let version = RecordVersion(number: known?.number, edit: edit)
                versions[key] = version
                return version
            }
            let isVersioned = key.text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) % 1_009 } % 10 < 7
            guard isVersioned, !random.chance(20) else { return nil }
            let highest = known?.number ?? Int64.random(in: 0...3, using: &random)
            if random.chance(60) {
                return RecordVersion(Int64.random(in: Swift.max(0, highest - 3)...highest, using: &random))
            }
            let version = RecordVersion(highest + Int64.random(in: 1...3, using: &random))
            versions[key] = version
            return version
        }

        mutating func person() -> Identifier {
            // A third of the people get most of the events.
            let reach = random.chance(500) ? Swift.max(1, history.people.count / 3) : history.people.count
            return history.people[Int.random(in: 0..<reach, using: &random)]
        }

        mutating func day() -> Day {
            if let days = history.days {
                return Day(year: 2026, month: 3, day: Int.random(in: 1...days, using: &random))!
            }
            let year = Int.random(in: History.years, using: &random)
            let month = Month(year: year, month: Int.random(in: 1...12, using: &random))
            // The first and last days of months are the boundary cases.
            let days = random.chance(200) ? [1, month.days] : Array(1...month.days)
            return Day(year: year, month: month.month, day: random.pick(days))!
        }
    }
}

/// An identifier from a text that is known to be valid.
package func id(_ text: String) -> Identifier { Identifier(text)! }
