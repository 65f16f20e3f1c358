internal import SalesRules

// Events that the program writes to restate what it knew (docs/CONTRACT.md, "Compaction"). They change nothing, unless the
// log has lost the events that they restate.
extension SalesModel {
    mutating func restate(_ event: Event) {
        func key(_ id: Identifier) -> TenantScoped { TenantScoped(tenant: event.tenant, id: id) }
        switch event.change {
        case .order(let id, .saved(let order, let listed, let version)):
            orders[key(id), default: OrderState()].restate(order, listed, version)
        case .order(let id, .deleted(let version)):
            orders[key(id), default: OrderState()].restate(nil, nil, version)
        case .order(let id, .deletedKeeping(let listed, let version)):
            orders[key(id), default: OrderState()].restate(nil, listed, version)
        case .order(let id, .allocationSaved(let allocation, let version)):
            orders[key(id), default: OrderState()].restateOwn(allocation.id, allocation, version)
        case .order(let id, .allocationDeleted(let allocation, let version)):
            orders[key(id), default: OrderState()].restateOwn(allocation, nil, version)
        case .target(let id, .saved(let target)):
            targets[key(id), default: Versioned()].restate(target, target.version)
        case .target(let id, .deleted(let version)):
            targets[key(id), default: Versioned()].restate(nil, version)
        case .person(let id, .saved(let person)):
            names[key(id), default: Versioned()].restate(person, person.version)
        case .person(let id, .preferred(let choice, let version)):
            choices[key(id), default: Versioned()].restate(choice, version)
        case .person(let id, .deleted(let version)):
            names[key(id), default: Versioned()].restate(nil, version)
        case .person(let id, .preferenceDeleted(let version)):
            choices[key(id), default: Versioned()].restate(nil, version)
        }
    }
}

extension SalesModel.Versioned {
    /// A record that was deleted without a version is like one that was never seen.
    fileprivate mutating func restate(_ value: Value?, _ version: RecordVersion?) {
        let remembersNothing = self.value == nil && highest.number == nil && highest.edit == 0
        if remembersNothing || version != nil { _ = set(value, version) }
    }
}

extension SalesModel.OrderState {
    fileprivate mutating func restate(_ order: Order?, _ listed: [Allocation]?, _ version: RecordVersion?) {
        if !self.order.isKnown || version != nil, self.order.set(order, version) {
            if let listed { self.listed = listed }
            return
        }
        // The same save or deletion, which had no list.
        let isSame = self.order.value == order && self.order.highest == (version?.number, version?.edit ?? 0)
        if isSame, self.listed == nil, let listed, !listed.isEmpty { self.listed = listed }
    }

    fileprivate mutating func restateOwn(_ id: Identifier, _ allocation: Allocation?, _ version: RecordVersion?) {
        if own[id] == nil || version != nil { setOwn(id, allocation, version) }
    }
}
