/// The progress of a target: what is sold, what is expected by today, and where it will end at this pace.
public struct Progress: Hashable, Sendable {
    /// What has been sold towards it.
    public let realized: Tally
    /// Tenths of a percent of the goal, rounded half-even. May be above 100 % or below zero (rule 7 in
    /// docs/CONTRACT.md).
    public let permille: Int64
    /// The goal's share for the days up to and including today, in the goal's unit.
    public let expected: Int64
    /// The result at the end of the period if the pace stays the same, in the goal's unit.
    public let projected: Int64
    /// The state of the target today.
    public let status: Status

    /// The state of a target.
    public enum Status: String, CaseIterable, Sendable {
        /// In its period, with at least what is expected by today.
        case ahead
        /// In its period, with less than what is expected by today.
        case behind
        /// The goal is reached.
        case achieved
        /// The period is over and the goal was not reached.
        case missed
        /// The period has not begun.
        case upcoming
    }

    /// - Parameter today: in the time zone of the settings.
    public init(of target: Target, realized: Tally, today: Day) {
        let quantity = realized.quantity(target.measure)
        let days = target.period.days
        let elapsed = min(max(target.period.start.days(until: today) + 1, 0), days)
        self.realized = realized
        permille = Self.permille(quantity, of: target.goal)
        expected = quotientHalfEven(target.goal, times: elapsed, by: days)
        projected = elapsed == 0 ? quantity : quotientHalfEven(quantity, times: days, by: elapsed)
        status =
            if quantity >= target.goal {
                .achieved
            } else if elapsed == 0 {
                .upcoming
            } else if today > target.period.end {
                .missed
            } else {
                quantity >= expected ? .ahead : .behind
            }
    }

    /// `quantity` in tenths of a percent of `goal`; 0 where there is no goal.
    public static func permille(_ quantity: Int64, of goal: Int64) -> Int64 {
        guard goal > 0 else { return 0 }
        return quotientHalfEven(quantity, times: 1_000, by: Int(goal))
    }
}
