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
    private let excludedLengths: [Int]

    /// - Parameter excludedStatuses: compared without case (rule 4 in docs/CONTRACT.md).
    public init(
        currency: Currency = .euro,
        ownerCredit: OwnerCredit = .whole,
        excludedStatuses: some Sequence<String> = ["Cancelled"]
    ) {
        self.currency = currency
        self.ownerCredit = ownerCredit
        self.excludedStatuses = Set(excludedStatuses.map { $0.lowercased() })
        excludedLengths = self.excludedStatuses.map(\.utf8.count).sorted()
    }

    /// What the order counts for now. Nil when it does not count: it was not seen yet, it is deleted, its status is
    /// excluded (rule 4), nobody is credited, or the converted total is beyond ``Money/bound``.
    public func worth(of entry: OrderEntry) -> OrderWorth? {
        guard let order = entry.order, !entry.isDeleted, !isExcluded(order.texts),
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
            $0 + $1.amount.magnitude
        }
        let left = Int64(total.magnitude - min(given, total.magnitude))
        return total < 0 ? -left : left
    }

    /// Why an order is credited to a person: the owner's part, or one allocation or more.
    /// - Parameter person: one of those whom the order is credited to.
    public func reasons(of entry: OrderEntry, for person: Identifier) -> [CreditReason] {
        let allocations = entry.allocations
        let named = allocations.filter { $0.salesperson == person }
        if named.isEmpty { return [allocations.isEmpty || ownerCredit == .whole ? .owner : .remainder] }
        return named.map { .allocation($0.id, $0.limit) }
    }

    private func isExcluded(_ texts: OrderTexts) -> Bool {
        // For speed: most statuses differ in length from the excluded ones. In ASCII, lower case keeps the length.
        let mayBe = texts.withBytes(of: .status) { status in
            !status.isEmpty && (excludedLengths.contains(status.count) || status.contains { $0 >= 0x80 })
        }
        return mayBe && excludedStatuses.contains(texts[.status].lowercased())
    }

    /// Rule 1, applied to the absolute value of the total (rule 6).
    /// - Parameter allocations: sorted by id.
    private func credits(of order: Order, total: Int64, allocations: [Allocation]) -> [Credit] {
        if allocations.isEmpty { return [Credit(salesperson: order.owner, amount: total)] }
        var credits = shares(of: order, whole: total.magnitude, allocations: allocations)
        if ownerCredit != .none, !credits.contains(where: { $0.salesperson == order.owner }) {
            let given = ownerCredit == .whole ? 0 : credits.reduce(0) { $0 + $1.amount.magnitude }
            if given < total.magnitude || ownerCredit == .whole {
                credits.append(Credit(salesperson: order.owner, amount: Int64(total.magnitude - given)))
            }
        }
        if total < 0 { for place in credits.indices { credits[place].amount.negate() } }
        if credits.count > 1 { credits.sort { $0.salesperson < $1.salesperson } }
        return credits
    }

    /// What the allocations credit each person with, without a sign and without the owner's part.
    private func shares(of order: Order, whole: UInt64, allocations: [Allocation]) -> [Credit] {
        let amounts = amounts(of: allocations, order: order, whole: whole)
        var shares: [Credit] = []
        shares.reserveCapacity(allocations.count + 1)
        for (allocation, amount) in zip(allocations, amounts) {
            if let place = shares.firstIndex(where: { $0.salesperson == allocation.salesperson }) {
                shares[place].amount = Int64(min(shares[place].amount.magnitude + amount, whole))
            } else {
                shares.append(Credit(salesperson: allocation.salesperson, amount: Int64(amount)))
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
        if allocations.count > 1 { settle(allocations, whole: whole, in: &amounts) }
        return amounts
    }

    /// Makes the amounts of percentages that add up to exactly 100 add up to the total: each gets its whole minor
    /// units, and the rest goes to the largest remainders. A tie goes to the lower allocation id.
    private func settle(_ allocations: [Allocation], whole: UInt64, in amounts: inout [UInt64]) {
        let hundred = Percent.hundred.parts
        guard allocations.reduce(0, { $0 + ($1.limit.parts ?? 0) }) == hundred else { return }
        var left = whole
        for (place, allocation) in allocations.enumerated() {
            guard let parts = allocation.limit.parts else { continue }
            amounts[place] = UInt64(UInt128(whole) * parts / hundred)
            left -= amounts[place]
        }
        if left == 0 { return }
        let percents = allocations.indices.filter { allocations[$0].limit.parts != nil }
        func remainder(_ place: Int) -> UInt128 { UInt128(whole) * (allocations[place].limit.parts ?? 0) % hundred }
        let byRemainder = percents.sorted {
            let (first, second) = (remainder($0), remainder($1))
            return first != second ? first > second : $0 < $1
        }
        for place in byRemainder.prefix(Int(left)) { amounts[place] += 1 }
    }
}

extension Percent {
    /// Ten-thousandths of a percent, in a type that has room for the product with any total.
    fileprivate var parts: UInt128 { UInt128(tenThousandths) }
}

extension Allocation.Limit {
    /// The parts of a percentage; nil for another limit.
    fileprivate var parts: UInt128? { if case .percent(let percent) = self { percent.parts } else { nil } }
}
