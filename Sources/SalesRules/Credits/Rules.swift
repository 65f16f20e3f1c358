/// What an order's owner is credited with beside the people its allocations name (rule 1).
public enum OwnerCredit: String, CaseIterable, Sendable {
    /// The whole order.
    case whole
    /// What the allocations leave, never below zero.
    case remainder
    /// Nothing, once there is an allocation.
    case none
}

/// The settings that shape numbers, and the rules made with them.
public struct Rules: Hashable, Sendable {
    /// The currency that every result is in.
    public let currency: Currency
    /// What owners are credited with.
    public let ownerCredit: OwnerCredit
    /// Statuses whose orders do not count, in lower case.
    public let excludedStatuses: Set<String>

    /// - Parameter excludedStatuses: compared without case (rule 4).
    public init(
        currency: Currency = .euro,
        ownerCredit: OwnerCredit = .whole,
        excludedStatuses: some Sequence<String> = ["Cancelled"]
    ) {
        self.currency = currency
        self.ownerCredit = ownerCredit
        self.excludedStatuses = Set(excludedStatuses.map { $0.lowercased() })
    }

    /// What the order counts for as it now stands; nil when it does not count: not seen yet, deleted, of an excluded
    /// status (rule 4), or with nobody credited.
    public func worth(of entry: OrderEntry) -> OrderWorth? {
        guard let order = entry.order, !entry.isDeleted, !isExcluded(order.status),
            let total = Money.convert(order.total, from: order.currency, rate: order.exchangeRate, to: currency)
        else { return nil }
        let credits = credits(of: order, total: total, allocations: entry.allocations)
        return credits.isEmpty ? nil : OrderWorth(day: order.date, total: total, credits: credits)
    }

    /// What an order's allocations leave of its total, whether it counts or not: minor units of the reporting currency,
    /// never beyond zero, and below it for a credit note; nil without an order.
    public func unallocated(of entry: OrderEntry) -> Int64? {
        guard let order = entry.order,
            let total = Money.convert(order.total, from: order.currency, rate: order.exchangeRate, to: currency)
        else { return nil }
        let given = shares(of: order, whole: total.magnitude, allocations: entry.allocations).reduce(0) {
            $0 + $1.amount
        }
        let left = Int64(total.magnitude - min(given, total.magnitude))
        return total < 0 ? -left : left
    }

    private typealias Share = (salesperson: Identifier, amount: UInt64, because: [CreditReason])

    /// One array for the many orders that nothing but their owner is credited with.
    private static let owner = [CreditReason.owner]

    private func isExcluded(_ status: String) -> Bool {
        if excludedStatuses.isEmpty || status.isEmpty { return false }
        // Most statuses are not excluded, and of another length; only where there is more than ASCII can lower case have
        // another length than what it is made from.
        let mayBe =
            excludedStatuses.contains { $0.utf8.count == status.utf8.count }
            || status.utf8.contains { $0 >= 0x80 }
        return mayBe && excludedStatuses.contains(status.lowercased())
    }

    /// Rule 1, on the absolute value of the total (rule 6).
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

    /// What the allocations credit each person with, whatever the owner gets.
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
                Money.quotientHalfEven(whole * UInt64(percent.tenThousandths), UInt64(Percent.hundred.tenThousandths))
            case .amount(let amount): min(reportingAmount(amount, of: order) ?? whole, whole)
            }
        }
        let percents = allocations.indices.filter { index in
            if case .percent = allocations[index].limit { true } else { false }
        }
        if percents.count > 1 { settle(percents, of: allocations, whole: whole, in: &amounts) }
        return amounts
    }

    /// Percentages that add up to exactly 100 add up to the total: each gets its whole minor units, and those left go
    /// to the largest remainders, a tie to the lower allocation id.
    private func settle(_ percents: [Int], of allocations: [Allocation], whole: UInt64, in amounts: inout [UInt64]) {
        func parts(_ index: Int) -> UInt64 {
            guard case .percent(let percent) = allocations[index].limit else { return 0 }
            return UInt64(percent.tenThousandths)
        }
        let hundred = UInt64(Percent.hundred.tenThousandths)
        guard percents.reduce(0, { $0 + parts($1) }) == hundred else { return }
        var left = whole
        for index in percents {
            amounts[index] = whole * parts(index) / hundred
            left -= amounts[index]
        }
        let byRemainder = percents.sorted {
            let (first, second) = (whole * parts($0) % hundred, whole * parts($1) % hundred)
            return first != second ? first > second : $0 < $1
        }
        for index in byRemainder.prefix(Int(left)) { amounts[index] += 1 }
    }

    /// Nil when the amount is beyond any total.
    private func reportingAmount(_ amount: Decimal, of order: Order) -> UInt64? {
        Money.minorUnits(of: amount, in: order.currency)
            .flatMap { Money.convert($0, from: order.currency, rate: order.exchangeRate, to: currency) }
            .map(\.magnitude)
    }
}
