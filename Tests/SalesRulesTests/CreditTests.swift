import Model
import SalesRules
import Testing

@Suite("Rule 1: who is credited")
struct CreditTests {
    struct Split: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sale: Order
        let allocations: [String]
        /// The credit of each person in cents, for each value of the owner-credit setting.
        let whole: [String: Int64]
        let remainder: [String: Int64]
        let none: [String: Int64]

        init(_ name: String, of sale: Order = order(), _ allocations: [String], all: [String: Int64]) {
            self.init(name, of: sale, allocations, whole: all, remainder: all, none: all)
        }

        init(
            _ name: String,
            of sale: Order = order(),
            _ allocations: [String],
            whole: [String: Int64],
            remainder: [String: Int64],
            none: [String: Int64]
        ) {
            testDescription = name
            self.sale = sale
            self.allocations = allocations
            (self.whole, self.remainder, self.none) = (whole, remainder, none)
        }

        func credits(_ ownerCredit: OwnerCredit) -> [String: Int64] {
            switch ownerCredit {
            case .whole: whole
            case .remainder: remainder
            case .none: none
            }
        }
    }

    static let splits = [
        Split("without allocations the owner gets the whole order", [], all: ["own": 100_00]),
        Split(
            "a percentage",
            ["A-1 ann 40%"],
            whole: ["own": 100_00, "ann": 40_00],
            remainder: ["own": 60_00, "ann": 40_00],
            none: ["ann": 40_00]
        ),
        Split(
            "an amount",
            ["A-1 ann 30.00"],
            whole: ["own": 100_00, "ann": 30_00],
            remainder: ["own": 70_00, "ann": 30_00],
            none: ["ann": 30_00]
        ),
        Split(
            "an amount of 0 gives a credit of 0",
            ["A-1 ann 0"],
            whole: ["own": 100_00, "ann": 0],
            remainder: ["own": 100_00, "ann": 0],
            none: ["ann": 0]
        ),
        Split(
            "an amount above the total is the total",
            ["A-1 ann 500.00"],
            whole: ["own": 100_00, "ann": 100_00],
            remainder: ["ann": 100_00],
            none: ["ann": 100_00]
        ),
        Split(
            "no limit is the whole order",
            ["A-1 ann"],
            whole: ["own": 100_00, "ann": 100_00],
            remainder: ["ann": 100_00],
            none: ["ann": 100_00]
        ),
        Split("an owner with an allocation gets what it says", ["A-1 own 40%"], all: ["own": 40_00]),
        Split(
            "an owner with one of several allocations",
            ["A-1 ann 50%", "A-2 own 25.00"],
            all: ["ann": 50_00, "own": 25_00]
        ),
        Split(
            "several allocations of one person add up",
            ["A-1 ann 30%", "A-2 ann 20.00"],
            whole: ["own": 100_00, "ann": 50_00],
            remainder: ["own": 50_00, "ann": 50_00],
            none: ["ann": 50_00]
        ),
        Split(
            "several allocations of one person never exceed the total",
            ["A-1 ann 60%", "A-2 ann 70%", "A-3 bob 1.00"],
            whole: ["own": 100_00, "ann": 100_00, "bob": 1_00],
            remainder: ["ann": 100_00, "bob": 1_00],
            none: ["ann": 100_00, "bob": 1_00]
        ),
        Split(
            "the owner's remainder is never below zero",
            ["A-1 ann 60%", "A-2 bob 60%"],
            whole: ["own": 100_00, "ann": 60_00, "bob": 60_00],
            remainder: ["ann": 60_00, "bob": 60_00],
            none: ["ann": 60_00, "bob": 60_00]
        ),
        Split(
            "percentages that add up to 100 add up to the cent, the largest remainder first",
            ["A-1 ann 33.3333%", "A-2 bob 33.3333%", "A-3 own 33.3334%"],
            all: ["ann": 33_33, "bob": 33_33, "own": 33_34]
        ),
        Split(
            "a tie of remainders goes to the lower allocation id",
            of: order(total: 1),
            ["A-2 own 50%", "A-1 ann 50%"],
            all: ["ann": 1, "own": 0]
        ),
        Split(
            "odd cents go to the largest remainders, and a tie to the lower allocation id",
            of: order(total: 8),
            ["A-1 ann 20%", "A-2 bob 45%", "A-3 own 35%"],
            all: ["ann": 2, "bob": 3, "own": 3]
        ),
        Split(
            "percentages that add up to 99.9999 are each rounded alone",
            of: order(total: 5),
            ["A-1 ann 50%", "A-2 own 49.9999%"],
            all: ["ann": 2, "own": 2]
        ),
        Split(
            "the largest total there may be",
            of: order(total: Money.bound),
            ["A-1 ann 33.3333%", "A-2 own 66.6667%", "A-3 bob 12.3456%"],
            all: ["ann": 333_333_000_000_000, "own": 666_667_000_000_000, "bob": 123_456_000_000_000]
        ),
        Split(
            "percentages that add up to 100 do so beside an allocation of the whole order",
            of: order(total: 1),
            ["A-1 ann 50%", "A-2 own 50%", "A-3 bob"],
            all: ["ann": 1, "own": 0, "bob": 1]
        ),
        Split("a tie is rounded to the even cent", of: order(total: 7), ["A-1 own 50%"], all: ["own": 4]),
        Split(
            "an amount does not change percentages that add up to 100",
            ["A-1 ann 50%", "A-2 own 50%", "A-3 bob 10.00"],
            all: ["ann": 50_00, "own": 50_00, "bob": 10_00]
        ),
        Split(
            "Rule 6: a credit note is negative; the rules apply to its absolute value",
            of: order(total: -100_01),
            ["A-1 ann 50%", "A-2 bob 30.00", "A-3 cy 500.00"],
            whole: ["own": -100_01, "ann": -50_00, "bob": -30_00, "cy": -100_01],
            remainder: ["ann": -50_00, "bob": -30_00, "cy": -100_01],
            none: ["ann": -50_00, "bob": -30_00, "cy": -100_01]
        ),
        Split(
            "Rule 6: the owner's remainder of a credit note",
            of: order(total: -100_00),
            ["A-1 ann 40%"],
            whole: ["own": -100_00, "ann": -40_00],
            remainder: ["own": -60_00, "ann": -40_00],
            none: ["ann": -40_00]
        ),
        Split(
            "an order of 0 leaves no remainder for the owner",
            of: order(total: 0),
            ["A-1 ann 40%"],
            whole: ["own": 0, "ann": 0],
            remainder: ["ann": 0],
            none: ["ann": 0]
        ),
        Split(
            "an amount is in the order's currency, converted as the total is",
            of: order(total: 1_087_60, currency: "USD", rate: "1.0876"),
            ["A-1 ann 543.80", "A-2 bob 25%"],
            whole: ["own": 1_000_00, "ann": 500_00, "bob": 250_00],
            remainder: ["own": 250_00, "ann": 500_00, "bob": 250_00],
            none: ["ann": 500_00, "bob": 250_00]
        ),
        Split(
            "an amount is rounded to the minor unit of its currency",
            of: order(total: 16_325, currency: "JPY", rate: "163.25"),
            ["A-1 own 1632.5"],
            // 1632.5 yen is a tie: it rounds to 1632 yen, which is 9.997 euro.
            all: ["own": 10_00]
        ),
        Split(
            "an amount above all bounds is the total",
            ["A-1 own 999999999999999999"],
            all: ["own": 100_00]
        ),
    ]

    @Test("Rule 1: the credits of an order", arguments: splits, OwnerCredit.allCases)
    func credits(split: Split, ownerCredit: OwnerCredit) {
        let worth = Rules(ownerCredit: ownerCredit).worth(of: entry(split.sale, split.allocations))
        #expect(worth?.amounts == split.credits(ownerCredit))
        #expect(worth?.credits.map(\.salesperson) == split.credits(ownerCredit).keys.sorted().map { id($0) })
    }

    @Test("Rule 1: a credit names its reasons")
    func reasons() throws {
        let changed = entry(order(), ["A-1 ann 40%", "A-2 ann", "A-3 bob 1.00"])
        let rules = Rules(ownerCredit: .whole)
        let worth = try #require(rules.worth(of: changed))
        #expect(
            worth.credits.map { rules.reasons(of: changed, for: $0.salesperson) } == [
                [.allocation(id("A-1"), allocation("A-1 ann 40%").limit), .allocation(id("A-2"), .whole)],
                [.allocation(id("A-3"), allocation("A-3 bob 1.00").limit)],
                [.owner],
            ]
        )
        let (rest, remainder) = (entry(order(), ["A-1 ann 40%"]), Rules(ownerCredit: .remainder))
        let last = try #require(remainder.worth(of: rest)?.credits.last)
        #expect(remainder.reasons(of: rest, for: last.salesperson) == [.remainder])
    }

    @Test("Rule 1: percentages that add up to exactly 100 add up to any total")
    func hundredPercent() throws {
        var random = SeededGenerator(seed: seedOfThisRun)
        for _ in 0..<500 {
            let count = Int.random(in: 2...7, using: &random)
            let cuts = (0..<count - 1).map { _ in Int.random(in: 1...999_999, using: &random) }
            let ends = Set(cuts + [1_000_000]).sorted()
            let allocations = zip(ends, [0] + ends).enumerated().map { place, cut in
                Allocation(
                    id: id("A-\(place)"),
                    salesperson: place == 0 ? id("own") : id("p-\(place)"),
                    limit: .percent(Percent(tenThousandths: cut.0 - cut.1)!)
                )
            }
            let total = Int64.random(in: -1_000_000...1_000_000, using: &random)
            let saved = entry(.saved(order(total: total), listed: allocations, version: nil))
            let worth = try #require(Rules().worth(of: saved))
            #expect(worth.credits.reduce(0) { $0 + $1.amount } == total, "seed \(seedOfThisRun)")
        }
    }
}
