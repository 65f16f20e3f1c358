import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import TestSupport
import Testing

@Suite("Records that cannot be read")
struct BadInputTests {
    private static func order(_ change: (inout [String: Any]) -> Void) -> [UInt8] {
        var members: [String: Any] = [
            "type": "order.saved", "id": "SO-1", "owner": "u-1", "total": "10.00", "date": "2026-03-14",
        ]
        change(&members)
        return Array((try? JSONSerialization.data(withJSONObject: members, options: .sortedKeys)) ?? Data())
    }

    /// A description, the value of the record, and the member that the dead letter must name.
    private static let malformed: [(name: String, value: [UInt8], member: String?)] = [
        ("truncated JSON", Array(order { _ in }.dropLast(5)), nil),
        ("an empty value", [], nil),
        ("a total that is empty", order { $0["total"] = "" }, "total"),
        ("a total that is a word", order { $0["total"] = "ten" }, "total"),
        ("a total that is a list", order { $0["total"] = [1] }, "total"),
        ("a total that is null", order { $0["total"] = NSNull() }, "total"),
        ("a total of 10^30", order { $0["total"] = "1000000000000000000000000000000" }, "total"),
        (
            "a total of 1e30",
            Array(#"{"type":"order.saved","id":"SO-1","owner":"u-1","total":1e30,"date":"2026-03-14"}"#.utf8), "total"
        ),
        ("no total", order { $0["total"] = nil }, "total"),
        ("no owner", order { $0["owner"] = nil }, "owner"),
        ("an owner with a space", order { $0["owner"] = "u 1" }, "owner"),
        ("a date that does not exist", order { $0["date"] = "2026-02-30" }, "date"),
        ("a date with a time", order { $0["date"] = "2026-02-03T10:00:00Z" }, "date"),
        (
            "an exchange rate of 0",
            order {
                $0["currency"] = "USD"; $0["exchangeRate"] = "0"
            }, "exchangeRate"
        ),
        ("no exchange rate", order { $0["currency"] = "USD" }, "exchangeRate"),
        ("a currency that is not valid", order { $0["currency"] = "Euro" }, "currency"),
        ("a version that is a word", order { $0["version"] = "new" }, "version"),
        ("an id with a slash", order { $0["id"] = "a/b" }, "id"),
        ("an unknown type", order { $0["type"] = "order.burnt" }, "type"),
        ("no type", order { $0["type"] = nil }, nil),
        (
            "an allocation of 200 %",
            order { $0["allocations"] = [["id": "A", "salesperson": "u-2", "percent": "200"]] },
            "allocations[0].percent"
        ),
        (
            "an allocation of a percentage and an amount",
            order { $0["allocations"] = [["id": "A", "salesperson": "u-2", "percent": "20", "amount": "5"]] },
            "allocations[0]"
        ),
        ("a target on the orders' topic", Array(#"{"type":"target.deleted","id":"T-1"}"#.utf8), "type"),
        ("binary noise", (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }, nil),
        ("nested to depth 10,000", Array(repeating: UInt8(ascii: "["), count: 10_000), nil),
        (
            "nested to depth 10,000 within an order",
            Array(#"{"type":"order.saved","id":"SO-1","x":"#.utf8) + Array(repeating: UInt8(ascii: "["), count: 10_000),
            nil
        ),
        ("2 MiB", order { $0["subject"] = String(repeating: "x", count: 2_097_152) }, nil),
        (
            "an owner that is not UTF-8",
            Array(#"{"type":"order.saved","id":"SO-1","total":"1","date":"2026-03-14","owner":""#.utf8) + [0xff, 0xfe]
                + Array(#""}"#.utf8), "owner"
        ),
    ]

    @Test(
        "Each malformed record becomes one dead letter that names the member, and the records around it are applied",
        .timeLimit(.minutes(2))
    )
    func deadLetters() async throws {
        let system = try await System(maximumRecord: 4_000_000)
        defer { Task { await system.end() } }
        func good(_ number: Int) -> ProducerRecord {
            system.message(
                for: Event(
                    tenant: Identifier("default")!,
                    .order(
                        Identifier("good-\(number)")!,
                        .saved(
                            Order(
                                id: Identifier("good-\(number)")!,
                                owner: Identifier("u-1")!,
                                total: .one,
                                currency: .euro,
                                date: Day("2026-03-14")!
                            ),
                            listed: nil,
                            version: nil
                        )
                    )
                )
            )
        }
        var messages = [good(0)]
        for (number, bad) in Self.malformed.enumerated() {
            messages.append(
                .init(topic: system.topics.orders, partition: 0, key: Array("bad-\(number)".utf8), value: bad.value)
            )
            messages.append(good(number + 1))
        }
        try await system.publish(messages)
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0, "\(system.log("worker.log"))")

        let letters = try await system.records(of: system.topics.deadLetters)
        #expect(letters.count == Self.malformed.count)
        for (number, bad) in Self.malformed.enumerated() {
            let letter = letters.filter { $0.key == Array("bad-\(number)".utf8) }
            #expect(letter.count == 1, "\(bad.name)")
            #expect(letter.first?.value == bad.value, "\(bad.name): the value must be the same bytes")
            #expect(letter.first?.header("dead-letter-topic") == system.topics.orders)
            #expect(letter.first?.header("dead-letter-reason")?.isEmpty == false, "\(bad.name)")
            if let member = bad.member {
                #expect(letter.first?.header("dead-letter-member") == member, "\(bad.name)")
            }
        }
        let client = RedisClient(try RedisEndpoint(url: system.redis.url))
        let reader = LedgerReader(link: client, settings: system.settings)
        let year = try await reader.year(2026, of: Identifier("u-1"), tenant: Identifier("default")!, measure: .orders)
        #expect(year.results[2] == Int64(Self.malformed.count + 1))
        await client.shutdown()
    }
}
