import Kafka
import Log
import TestSupport
import Testing

@Suite("Consumer groups", .timeLimit(.minutes(1)), .enabled(if: BrokerProcess.isAvailable))
struct GroupTests {
    /// A member that handles events as a worker does.
    final class Member {
        let consumer: KafkaConsumer
        var owned: Set<TopicPartition> = []
        var revocations = 0
        var read: [TopicPartition: [Int64]] = [:]

        init(_ servers: String) throws {
            consumer = try KafkaConsumer(.test(servers), group: "workers")
            try consumer.subscribe(to: ["orders"])
        }

        func step() throws {
            switch try consumer.poll(timeoutMilliseconds: 10) {
            case .assigned(let partitions):
                owned = Set(partitions)
                // Answered late, as when the worker must read Redis first.
                _ = try consumer.poll(timeoutMilliseconds: 20)
                try consumer.assign(
                    Dictionary(
                        uniqueKeysWithValues: partitions.map {
                            ($0, .offset(read[$0]?.last.map { $0 + 1 } ?? 0))
                        }
                    )
                )
            case .revoked:
                revocations += 1
                owned = []
                try consumer.unassign()
            case .record(let record):
                #expect(owned.contains(record.topicPartition))
                read[record.topicPartition, default: []].append(record.offset)
                consumer.commit([record.topicPartition: record.offset + 1])
            case .stopped(let partition, let fault): Issue.record("\(partition): \(fault)")
            case .failed(let error): throw error
            case .caughtUp, .disconnected, nil: break
            }
        }
    }

    @Test("Members share the partitions, and take over those of a member that leaves")
    func shares() throws {
        let broker = try BrokerProcess()
        let servers = broker.bootstrapServers
        let admin = try KafkaAdmin(.test(servers))
        _ = try admin.createTopics([.init(name: "orders", partitions: 4)], timeoutMilliseconds: 10_000)
        let first = try Member(servers)
        try until("one member owns all partitions") {
            try first.step()
        } holds: {
            first.owned.count == 4
        }
        let second = try Member(servers)
        try until("two members share the partitions") {
            try first.step()
            try second.step()
        } holds: {
            first.owned.count == 2 && second.owned.count == 2 && first.owned.isDisjoint(with: second.owned)
        }
        #expect(first.revocations >= 1)

        for number: Int32 in 0..<4 {
            try fill(servers, TopicPartition(topic: "orders", partition: number), 0..<5)
        }
        try until("all records are read") {
            try first.step()
            try second.step()
        } holds: {
            (first.read.values.map(\.count) + second.read.values.map(\.count)).reduce(0, +) >= 20
        }
        #expect(first.read.merging(second.read) { $0 + $1 }.values.allSatisfy { $0 == Array(0..<5) })

        second.consumer.close(timeoutMilliseconds: 5_000)
        try until("the remaining member owns all partitions") {
            try first.step()
        } holds: {
            first.owned.count == 4
        }
    }

    private func until(_ what: Comment, _ step: () throws -> Void, holds condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition() {
            try #require(.now < deadline, what)
            try step()
        }
    }
}
