/// What an order's owner is credited with when its allocations name only other people (rule 1 in docs/CONTRACT.md).
public enum OwnerCredit: String, CaseIterable, Sendable {
    /// The whole order.
    case whole
    /// What the allocations leave of the total; no credit if nothing is left.
    case remainder
    /// Nothing.
    case none
}

/// The settings that decide what an order counts for, and the rules that use them (docs/CONTRACT.md, "The rules").
public struct Rules: Hashable, Sendable {
    /// The reporting currency, which all results are in.
    public let currency: Currency
    /// What owners are credited with.
    public let ownerCredit: OwnerCredit
    /// Statuses whose orders do not count, in lower case.
    public let excludedStatuses: Set<String>

    /// - Parameter excludedStatuses: compared without case (rule 4 in docs/CONTRACT.md).
    public init(
        currency: Currency = .euro,
        ownerCredit: OwnerCredit = .whole,
        excludedStatuses: some Sequence<String> = ["Cancelled"]
    ) {
        self.currency = currency
        self.ownerCredit = ownerCredit
        self.excludedStatuses = Set(excludedStatuses.map { $0.lowercased() })
    }

    /// What the order counts for now. Nil when it does not count: it was not seen yet, it is deleted, its status is
    /// excluded (rule 4), nobody is credited, or the converted total is beyond ``Money/bound``.
    public func worth(of entry: OrderEntry) -> OrderWorth? {
        guard let order = entry.order, !entry.isDeleted, !isExcluded(order.status),
            let total = Money.convert(order.total, rate: order.exchangeRate, to: currency)
        else { return nil }
        let credits = credits(of: order, total: total, allocations: entry.allocations)
        return credits.isEmpty ? nil : OrderWorth(day: order.date, total: total, credits: credits)
    }

    /// What an order's allocations leave of its total, whether it counts or not.
    /// - Returns: minor units of the reporting currency, with the sign of the total or 0; nil without an order.
    public func unallocated(of entry: OrderEntry) -> Int64? {
        guard let order = entry.order,
            let total = Money.convert(order.total, rate: order.exchangeRate, to: currency)
        else { return nil }
        let given = shares(of: order, whole: total.magnitude, allocations: entry.allocations).reduce(0) {
            $0 + $1.amount
        }
        let left = Int64(total.magnitude - min(given, total.magnitude))
        return total < 0 ? -left : left
    }

    private typealias Share = (salesperson: Identifier, amount: UInt64, because: [CreditReason])

    /// One array that the many orders without allocations share.
    private static let owner = [CreditReason.owner]

    private func isExcluded(_ status: String) -> Bool {
        if excludedStatuses.isEmpty || status.isEmpty { return false }
        // For speed: most statuses differ in length from the excluded ones. In ASCII, lower case keeps the length.
        let mayBe =
            excludedStatuses.contains { $0.utf8.count == status.utf8.count }
            || status.utf8.contains { $0 >= 0x80 }
        return mayBe && excludedStatuses.contains(status.lowercased())
    }

    /// Rule 1, applied to the absolute value of the total (rule 6).
    /// - Parameter allocations: sorted by id.
    private func credits(of order: Order, total: Int64, allocations: [Allocation]) -> [Credit] {
        if allocations.isEmpty { return [Credit(salesperson: order.owner, amount: total, because: Self.owner)] }
        let whole = total.magnitude
        var shares = shares(of: order, whole: whole, allocations: allocations)
        if !shares.contains(where: { $0.salesperson == order.owner }) {
            switch ownerCredit {
            case .whole:
                shares.append((order.owner, whole, Self.owner))
            case .remainder:
                let given = shares.reduce(0) { $0 + $1.amount }
                if given < whole { shares.append((order.owner, whole - given, [.remainder])) }
            case .none:
                break
            }
        }
        return shares.sorted { $0.salesperson < $1.salesperson }.map {
            Credit(
                salesperson: $0.salesperson,
                amount: total < 0 ? -Int64($0.amount) : Int64($0.amount),
                because: $0.because
            )
        }
    }

    /// What the allocations credit each person with, without the owner's part.
    private func shares(of order: Order, whole: UInt64, allocations: [Allocation]) -> [Share] {
        var shares: [Share] = []
        for (allocation, amount) in zip(allocations, amounts(of: allocations, order: order, whole: whole)) {
            let reason = CreditReason.allocation(allocation.id, allocation.limit)
            if let place = shares.firstIndex(where: { $0.salesperson == allocation.salesperson }) {
                shares[place].amount = min(shares[place].amount + amount, whole)
                shares[place].because.append(reason)
            } else {
                shares.append((allocation.salesperson, amount, [reason]))
            }
        }
        return shares
    }

    private func amounts(of allocations: [Allocation], order: Order, whole: UInt64) -> [UInt64] {
        var amounts = allocations.map { allocation in
            switch allocation.limit {
            case .whole: whole
            case .percent(let percent):
                // At most the whole.
                UInt64(Money.quotientHalfEven(UInt128(whole) * percent.parts, Percent.hundred.parts))
            case .amount(let amount):
                min(Money.convert(amount, rate: order.exchangeRate, to: currency)?.magnitude ?? whole, whole)
            }
        }
        let percents = allocations.indices.filter { index in
            if case .percent = allocations[index].limit { true } else { false }
        }
        if percents.count > 1 { settle(percents, of: allocations, whole: whole, in: &amounts) }
        return amounts
    }

    /// Makes the amounts of percentages that add up to exactly 100 add up to the total: each gets its whole minor
    /// units, and the rest goes to the largest remainders. A tie goes to the lower allocation id.
    private func settle(_ percents: [Int], of allocations: [Allocation], whole: UInt64, in amounts: inout [UInt64]) {
        func parts(_ index: Int) -> UInt128 {
            guard case .percent(let percent) = allocations[index].limit else { return 0 }
            return percent.parts
        }
        let hundred = Percent.hundred.parts
        guard percents.reduce(0, { $0 + parts($1) }) == hundred else { return }
        var left = whole
        for index in percents {
            amounts[index] = UInt64(UInt128(whole) * parts(index) / hundred)
            left -= amounts[index]
        }
        let byRemainder = percents.sorted {
            let (first, second) = (UInt128(whole) * parts($0) % hundred, UInt128(whole) * parts($1) % hundred)
            return first != second ? first > second : $0 < $1
        }
        for index in byRemainder.prefix(Int(left)) { amounts[index] += 1 }
    }
}

extension Percent {
    /// Ten-thousandths of a percent, in a type that has room for the product with any total.
    fileprivate var parts: UInt128 { UInt128(tenThousandths) }
}
