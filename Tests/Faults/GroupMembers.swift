import Concurrency
import Foundation
import Kafka
import TestSupport

/// The members of the workers' group. Replaces the session timeout, which the test broker does not have.
struct GroupMembers: Sendable {
    let port: UInt16
    let group: String

    struct Member: Hashable, Sendable {
        let id: String
        /// The client id, which is the name of the worker.
        let client: String
    }

    /// Removes the members that `isGone` selects, as a broker does after the session timeout.
    /// - Returns: the number of removed members; also 0 when the broker does not answer.
    @discardableResult
    func evict(_ isGone: @escaping @Sendable (Member) -> Bool) async throws -> Int {
        try await BlockingThread.run("group") {
            let gone = members().filter(isGone)
            for member in gone {
                let body = KafkaRequest.bytes(of: group) + KafkaRequest.bytes(of: member.id)
                _ = KafkaRequest(key: 13, version: 0, body: body).answer(port: port)
            }
            return gone.count
        }
    }

    /// DescribeGroups, version 0.
    private func members() -> [Member] {
        let body = KafkaRequest.bytes(of: Int32(1)) + KafkaRequest.bytes(of: group)
        guard let answer = KafkaRequest(key: 15, version: 0, body: body).answer(port: port) else { return [] }
        var reader = AnswerReader(rest: answer[...])
        guard reader.number(Int32.self) == 1, reader.number(Int16.self) == 0 else { return [] }
        // The group, its state, the protocol type and the protocol.
        for _ in 0..<4 { _ = reader.text() }
        var members: [Member] = []
        for _ in 0..<(reader.number(Int32.self) ?? 0) {
            guard let id = reader.text(), let client = reader.text() else { return members }
            members.append(Member(id: id, client: client))
            // The host, the subscription and the assignment.
            _ = reader.text()
            for _ in 0..<2 { reader.skip(Int(reader.number(Int32.self) ?? 0)) }
        }
        return members
    }
}

/// Reads the numbers and texts of a Kafka response in sequence.
private struct AnswerReader {
    var rest: ArraySlice<UInt8>

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard rest.count >= size else { return nil }
        defer { rest = rest.dropFirst(size) }
        return rest.prefix(size).reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    mutating func text() -> String? {
        guard let length = number(Int16.self) else { return nil }
        defer { skip(Int(length)) }
        return String(decoding: rest.prefix(max(0, Int(length))), as: UTF8.self)
    }

    mutating func skip(_ count: Int) { rest = rest.dropFirst(max(0, count)) }
}
