/// How far a target is, and whether it will be reached.
public struct Progress: Hashable, Sendable {
    /// What has been sold towards it.
    public let realized: Tally
    /// Tenths of a percent of the goal, rounded half-even; neither capped at 100 % nor at zero (rule 7).
    public let permille: Int64
    /// The part of the goal that its days up to and with today stand for, in the goal's unit.
    public let expected: Int64
    /// What it will come to at the present pace, in the goal's unit.
    public let projected: Int64
    /// Where it stands today.
    public let status: Status

    /// Where a target stands.
    public enum Status: String, CaseIterable, Sendable {
        /// Under way, with as much as expected by today or more.
        case ahead
        /// Under way, with less than expected by today.
        case behind
        /// The goal is reached.
        case achieved
        /// The period is over and the goal was not reached.
        case missed
        /// The period has not begun.
        case upcoming
    }

    /// - Parameter today: in the tenant's time zone.
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

    /// Tenths of a percent that `quantity` is of `goal`; 0 where there is no goal.
    public static func permille(_ quantity: Int64, of goal: Int64) -> Int64 {
        guard goal > 0 else { return 0 }
        return quotientHalfEven(quantity, times: 1_000, by: Int(goal))
    }
}
