internal import SalesRules

extension SalesModel {
    /// Rules 1, 4 and 6 in docs/CONTRACT.md; nil when the order does not count.
    func sale(_ id: Identifier, _ state: OrderState) -> Figures.Sale? {
        guard let order = state.order.value,
            !rules.excludedStatuses.contains(where: { $0.lowercased() == order.status.lowercased() }),
            let total = Money.convert(order.total, rate: order.exchangeRate, to: rules.currency)
        else { return nil }
        let allocations = state.allocations
        let whole = abs(total)
        var credits: [Identifier: Int64] = [:]
        for (allocation, amount) in zip(allocations, amounts(of: allocations, order: order, whole: whole)) {
            credits[allocation.salesperson] = min(credits[allocation.salesperson, default: 0] + amount, whole)
        }
        if credits[order.owner] == nil {
            let given = credits.values.reduce(0, +)
            switch rules.ownerCredit {
            case .whole: credits[order.owner] = whole
            case .remainder where allocations.isEmpty: credits[order.owner] = whole
            case .remainder: if given < whole { credits[order.owner] = whole - given }
            case .none: if allocations.isEmpty { credits[order.owner] = whole }
            }
        }
        if credits.isEmpty { return nil }
        return Figures.Sale(
            order: id,
            day: order.date,
            total: total,
            credits: credits.mapValues { total < 0 ? -$0 : $0 }
        )
    }

    private func amounts(of allocations: [Allocation], order: Order, whole: Int64) -> [Int64] {
        var amounts: [Int64] = []
        var remainders: [(index: Int, remainder: Int128)] = []
        var percentSum = 0
        for (index, allocation) in allocations.enumerated() {
            switch allocation.limit {
            case .whole: amounts.append(whole)
            case .percent(let percent):
                let exact = Int128(whole) * Int128(percent.tenThousandths)
                amounts.append(roundedHalfEven(exact, over: 1_000_000))
                remainders.append((index, exact % 1_000_000))
                percentSum += percent.tenThousandths
            case .amount(let amount):
                let converted = Money.convert(amount, rate: order.exchangeRate, to: rules.currency)
                amounts.append(min(converted ?? whole, whole))
            }
        }
        guard percentSum == 1_000_000 else { return amounts }
        // Each share is rounded down; the units that are left go to the largest remainders.
        var left = whole
        for (index, remainder) in remainders {
            guard case .percent(let percent) = allocations[index].limit else { continue }
            amounts[index] = Int64((Int128(whole) * Int128(percent.tenThousandths) - remainder) / 1_000_000)
            left -= amounts[index]
        }
        while left > 0 {
            let largest = remainders.map(\.remainder).max() ?? 0
            guard let place = remainders.firstIndex(where: { $0.remainder == largest }) else { break }
            amounts[remainders.remove(at: place).index] += 1
            left -= 1
        }
        return amounts
    }
}

/// The quotient of two non-negative numbers, rounded half-even.
func roundedHalfEven(_ dividend: Int128, over divisor: Int128) -> Int64 {
    let floor = dividend / divisor
    let twice = (dividend - floor * divisor) * 2
    if twice == divisor { return Int64(floor % 2 == 0 ? floor : floor + 1) }
    return Int64(twice > divisor ? floor + 1 : floor)
}
