package import SalesRules

/// The reference implementation of the rules in docs/CONTRACT.md, written as simply as possible: it keeps the last state
/// of each record and computes every number on request. It shares the value types of the program, but none of its rules.
package struct SalesModel: Sendable {
    /// Only the values of these settings are used, none of their methods.
    package let rules: Rules
    var orders: [TenantScoped: OrderState] = [:]
    var targets: [TenantScoped: Versioned<Target>] = [:]
    var names: [TenantScoped: Versioned<Person>] = [:]
    var choices: [TenantScoped: Versioned<WidgetChoice>] = [:]

    /// The current value of a record, nil when deleted, and its highest version: number and edit.
    struct Versioned<Value: Sendable>: Sendable {
        private(set) var value: Value?
        private(set) var highest: (number: Int64?, edit: Int64) = (nil, 0)
        /// Whether any event was applied.
        private(set) var isKnown = false

        mutating func set(_ value: Value?, _ version: RecordVersion?) -> Bool {
            if let version {
                let hasHigherNumber = version.number.map { number in highest.number.map { number > $0 } ?? true }
                let hasSameNumber = version.number == highest.number
                guard hasHigherNumber == true || hasSameNumber && version.edit > highest.edit else { return false }
                highest = (version.number, version.edit)
            }
            self.value = value
            isKnown = true
            return true
        }
    }

    struct OrderState: Sendable {
        var order = Versioned<Order>()
        /// Kept when the order is deleted. Nil before the first save with a list.
        var listed: [Allocation]?
        private(set) var own: [Identifier: Versioned<Allocation>] = [:]

        /// Of all that were saved or deleted on their own, the first 1,000 ids are kept.
        mutating func setOwn(_ id: Identifier, _ allocation: Allocation?, _ version: RecordVersion?) {
            _ = own[id, default: Versioned()].set(allocation, version)
            if own.count <= 1_000 { return }
            for id in Self.inOrder(own.keys).dropFirst(1_000) { own[id] = nil }
        }

        /// Of all in force, the first 100 ids count.
        var allocations: [Allocation] {
            var inForce: [Identifier: Allocation] = [:]
            for allocation in listed ?? [] { inForce[allocation.id] = allocation }
            for (id, state) in own { inForce[id] = state.value }
            return Self.inOrder(inForce.keys).prefix(100).compactMap { inForce[$0] }.sorted { $0.id < $1.id }
        }

        private static func inOrder(_ ids: some Sequence<Identifier>) -> [Identifier] {
            ids.sorted { ($0.rawValue.utf8.count, $0) < ($1.rawValue.utf8.count, $1) }
        }
    }

    package init(rules: Rules) { self.rules = rules }

    package init(rules: Rules, applying events: some Sequence<Event>) {
        self.init(rules: rules)
        for event in events { apply(event) }
    }

    package mutating func apply(_ event: Event) {
        if event.isRestated { return restate(event) }
        func key(_ id: Identifier) -> TenantScoped { TenantScoped(tenant: event.tenant, id: id) }
        switch event.change {
        case .order(let id, .saved(let order, let listed, let version)):
            let isApplied = orders[key(id), default: OrderState()].order.set(order, version)
            if isApplied, let listed { orders[key(id)]?.listed = listed }
        case .order(let id, .deleted(let version)):
            _ = orders[key(id), default: OrderState()].order.set(nil, version)
        case .order(let id, .deletedKeeping(let listed, let version)):
            let isApplied = orders[key(id), default: OrderState()].order.set(nil, version)
            if isApplied { orders[key(id)]?.listed = listed }
        case .order(let id, .allocationSaved(let allocation, let version)):
            orders[key(id), default: OrderState()].setOwn(allocation.id, allocation, version)
        case .order(let id, .allocationDeleted(let allocation, let version)):
            orders[key(id), default: OrderState()].setOwn(allocation, nil, version)
        case .target(let id, .saved(let target)):
            _ = targets[key(id), default: Versioned()].set(target, target.version)
        case .target(let id, .deleted(let version)):
            _ = targets[key(id), default: Versioned()].set(nil, version)
        case .person(let id, .saved(let person)):
            _ = names[key(id), default: Versioned()].set(person, person.version)
        case .person(let id, .preferred(let choice, let version)):
            _ = choices[key(id), default: Versioned()].set(choice, version)
        case .person(let id, .deleted(let version)):
            _ = names[key(id), default: Versioned()].set(nil, version)
        case .person(let id, .preferenceDeleted(let version)):
            _ = choices[key(id), default: Versioned()].set(nil, version)
        }
    }

    /// All numbers of a tenant after the events so far.
    package func figures(of tenant: Identifier) -> Figures {
        var sales: [Figures.Sale] = []
        for (key, state) in orders where key.tenant == tenant {
            if let sale = sale(key.id, state) { sales.append(sale) }
        }
        return Figures(
            sales: sales.sorted { ($0.day, $0.order) > ($1.day, $1.order) },
            targets: targets.filter { $0.key.tenant == tenant }.compactMap(\.value.value).sorted { $0.id < $1.id }
        )
    }

    /// An order's credits by person; nil when it does not count.
    package func credits(of order: Identifier, tenant: Identifier) -> [Identifier: Int64]? {
        orders[TenantScoped(tenant: tenant, id: order)].flatMap { sale(order, $0)?.credits }
    }

    /// The order as last saved, unless it is deleted.
    package func order(_ id: Identifier, tenant: Identifier) -> Order? {
        orders[TenantScoped(tenant: tenant, id: id)]?.order.value
    }

    /// The allocations in force of an order, by id; also of a deleted or unknown order.
    package func allocations(of order: Identifier, tenant: Identifier) -> [Allocation] {
        orders[TenantScoped(tenant: tenant, id: order)]?.allocations ?? []
    }

    /// The people of a tenant as last saved.
    package func people(of tenant: Identifier) -> [Identifier: Person] {
        var people: [Identifier: Person] = [:]
        for (key, state) in names where key.tenant == tenant { people[key.id] = state.value }
        return people
    }

    /// The last preference of a person.
    package func preference(of person: Identifier, tenant: Identifier) -> WidgetChoice {
        choices[TenantScoped(tenant: tenant, id: person)]?.value ?? WidgetChoice()
    }
}
