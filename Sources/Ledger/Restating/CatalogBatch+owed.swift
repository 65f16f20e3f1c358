internal import Log
internal import SalesRules

extension CatalogBatch.Snapshot {
    /// Notes whether a record that was just applied alone gives what is known, so that compaction may remove the earlier
    /// ones of its key.
    func note(_ change: CatalogBatch.Change, in owed: inout OwedKeys) {
        guard let record = change.source.record else { return }
        let key = record.withKey { $0.map(Array.init) ?? [] }
        func note(_ name: OwedKey.Name, _ key: [UInt8], isKnown: Bool, isGiven: Bool) {
            if !isKnown { return }
            let owedKey = OwedKey(name, key: key)
            if isGiven, change.source.kind != .refused {
                owed.settle(owedKey, in: change.partition, isRestated: change.source.kind == .restatement)
            } else {
                owed.owe(owedKey, in: change.partition)
            }
        }
        switch change.event.change {
        case .target(let id, let targetChange):
            let name = TenantScoped(tenant: change.event.tenant, id: id)
            let known = records[name]
            note(.target(name), key, isKnown: known != nil, isGiven: known?.isGiven(by: targetChange) ?? true)
        case .person(let id, let personChange):
            let name = TenantScoped(tenant: change.event.tenant, id: id)
            let known = people[name] ?? PersonEntry()
            let isGiven = known.isGiven(by: personChange)
            switch personChange {
            case .saved, .deleted:
                note(.person(name), key, isKnown: known.person != Versioned() || isGiven, isGiven: isGiven)
            case .preferred, .preferenceDeleted:
                let isShared = key == Array(name.description.utf8)
                let own = isShared ? key + Array("/preference".utf8) : key
                note(
                    .preference(name),
                    own,
                    isKnown: known.preference != Versioned() || isGiven,
                    isGiven: isGiven && !isShared
                )
                // Under the key of the person it hides the person.
                if isShared { note(.person(name), key, isKnown: known.person != Versioned(), isGiven: false) }
            }
        case .order: break
        }
    }
}

extension CatalogRecord {
    /// Whether this change alone gives the record.
    fileprivate func isGiven(by change: TargetChange) -> Bool {
        guard change.version == version else { return false }
        switch change {
        case .saved(let saved): return target?.with(version: version) == saved
        case .deleted: return target == nil
        }
    }
}
