import Testing

@testable import Redis

@Suite("Replies where they were received")
struct RedisRepliesTests {
    private static let values: [RedisValue] = [
        .status("OK"), .array([.integer(-1), .array([.bytes([1, 2]), .array([]), .null]), .bytes([3])]), .null,
        .error(RedisServerError("ERR no")), .bytes([]), .integer(.max),
    ]

    @Test("Replies are the same in both forms, also in a part of them")
    func values() {
        let replies = RedisReplies(Self.values)
        #expect(Array(replies) == Self.values)
        #expect(Array(replies.dropFirst().dropLast(2)) == Array(Self.values[1..<4]))
        #expect(replies.suffix(1).first == .integer(.max))
    }

    @Test("A reply tells its kind and gives what it holds")
    func kinds() {
        let replies = RedisReplies(Self.values)
        for (index, value) in Self.values.enumerated() {
            let reply = replies.reply(at: index)
            #expect(reply.isNull == value.isNull)
            #expect(reply.integer.map { .integer($0) } ?? value == value)
            #expect(reply.bytes.map { .bytes(Array($0)) } ?? value == value)
            #expect(reply.error.map { .error($0) } ?? value == value)
            #expect(reply.elements.map { .array($0.map(\.value)) } ?? value == value)
        }
        #expect(replies.indices.filter { replies.reply(at: $0).bytes != nil } == [4])
        #expect(replies.indices.filter { replies.reply(at: $0).integer != nil } == [5])
        #expect(replies.indices.filter { replies.reply(at: $0).error != nil } == [3])
        #expect(replies.indices.filter { replies.reply(at: $0).elements != nil } == [1])
    }

    @Test("The elements of an array are counted down, and nested ones are passed over")
    func elements() throws {
        var elements = try #require(RedisReplies(Self.values).reply(at: 1).elements)
        #expect(elements.count == 3)
        #expect(elements.next()?.integer == -1)
        #expect(elements.next()?.elements?.count == 3)
        #expect(elements.next()?.bytes == [3])
        #expect(elements.count == 0)
        #expect(elements.next().map(\.value) == nil)
    }
}
