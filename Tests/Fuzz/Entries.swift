import Ledger
import Model
import SalesRules

extension Fuzz {
    /// Decodes entries of orders, as they are stored in Redis.
    static let entries = FuzzTarget(
        name: "entries",
        run: { decodeEntry($0) },
        seeds: {
            var entries: [TenantScoped: OrderEntry] = [:]
            for event in History(seed: 3, events: 600, orders: 40) {
                guard case .order(let id, let change) = event.change else { continue }
                _ = try? entries[TenantScoped(tenant: event.tenant, id: id), default: OrderEntry()].apply(change)
            }
            return entries.sorted { $0.key.description < $1.key.description }.map {
                EntryCodec.encode($0.value, reporting: .euro)
            }
        },
        words: ["EUR", "USD", "JPY", "CLF", "KWD"]
    )

    private static func decodeEntry(_ input: Input) {
        do throws(CorruptRecord) {
            let entry = try EntryCodec.decode(Array(input)[...], id: id("SO-1"), reporting: .euro)
            check(entry, id: id("SO-1"), reporting: .euro)
        } catch {
            requireOneLine(error.reason)
        }
    }

    /// Checks that an entry keeps the bounds, is the same after encoding and decoding, and can be credited.
    static func check(_ entry: OrderEntry, id: Identifier, reporting: Currency) {
        let bytes = EntryCodec.encode(entry, reporting: reporting)
        let again = noError("\(entry) cannot be decoded after encoding") {
            try EntryCodec.decode(bytes[...], id: id, reporting: reporting)
        }
        require(again == entry, "\(entry) is decoded as \(again)")
        for allocation in entry.allocations {
            if case .amount(let amount) = allocation.limit { require(amount == amount.absolute, "\(allocation)") }
        }
        for ownerCredit in OwnerCredit.allCases {
            let rules = Rules(currency: reporting, ownerCredit: ownerCredit, excludedStatuses: [])
            guard let worth = rules.worth(of: entry) else { continue }
            require(worth.total.magnitude <= UInt64(Money.bound), "\(worth)")
            require(!worth.credits.isEmpty, "an order that counts credits no one")
            for credit in worth.credits {
                require(credit.amount.magnitude <= worth.total.magnitude, "\(credit) of \(worth.total)")
                require(credit.amount == 0 || (credit.amount < 0) == (worth.total < 0), "\(credit) of \(worth.total)")
            }
            let people = worth.credits.map(\.salesperson)
            require(people == Set(people).sorted(), "credited twice, or not in order: \(people)")
            let all = require(worth.tallyOfAll, "no tally of all")
            require(all.revenue.magnitude <= worth.total.magnitude && all.orders == 1, "\(all) of \(worth.total)")
            let left = rules.unallocated(of: entry) ?? 0
            require(left.magnitude <= worth.total.magnitude, "\(left) left of \(worth.total)")
        }
    }
}
