import NIOCore
import Testing

@testable import Redis

@Suite("Matching replies to requests")
struct ReplyQueueTests {
    private var queue = ReplyQueue<String>()

    private mutating func enqueue(_ name: String, replies: Int = 1, bytes: Int = 10, by seconds: Int64 = 5) -> String {
        let deadline = NIODeadline.uptimeNanoseconds(0) + .seconds(seconds)
        switch queue.enqueue(name, replies: replies, bytes: bytes, deadline: deadline) {
        case .write: return "write"
        case .refuse(let error): return error.description
        }
    }

    private mutating func receive() -> String {
        switch queue.receive() {
        case .more: "more"
        case .unexpected: "unexpected"
        case .complete(let name, let thenClose): "\(name)\(thenClose ? " close" : "")"
        }
    }

    @Test("A request gets one reply for each of its commands, in order")
    mutating func order() {
        #expect(enqueue("a", replies: 2) == "write")
        #expect(enqueue("b") == "write")
        #expect(receive() == "more")
        #expect(receive() == "a")
        #expect(receive() == "b")
    }

    @Test("A reply without a request is unexpected")
    mutating func unexpected() {
        #expect(receive() == "unexpected")
    }

    @Test("The deadline is that of the oldest request")
    mutating func deadline() {
        #expect(queue.deadline == nil)
        _ = enqueue("a", by: 5)
        _ = enqueue("b", by: 7)
        #expect(queue.deadline == .uptimeNanoseconds(5_000_000_000))
        _ = receive()
        #expect(queue.deadline == .uptimeNanoseconds(7_000_000_000))
    }

    @Test("Closing returns the waiting requests once, and later requests fail with the same error")
    mutating func closing() {
        _ = enqueue("a", replies: 2)
        _ = enqueue("b")
        _ = receive()
        #expect(queue.close(.timeout("x")) == ["a", "b"])
        #expect(queue.close(.cancelled) == nil)
        #expect(enqueue("c") == RedisError.timeout("x").description)
        #expect(receive() == "unexpected")
    }

    @Test("Draining refuses new requests and closes with the last reply")
    mutating func draining() {
        _ = enqueue("a")
        _ = enqueue("b")
        #expect(queue.drain() == false)
        #expect(enqueue("c") == RedisError.connectionClosed("this program closed it").description)
        #expect(receive() == "a")
        #expect(receive() == "b close")
    }

    @Test("Draining an idle queue closes at once")
    mutating func drainingIdle() {
        let canClose = queue.drain()
        #expect(canClose)
    }

    @Test("Too many unanswered bytes are refused, except for a single large request")
    mutating func overload() {
        let limit = ReplyQueue<String>.byteLimit
        let cost = ReplyQueue<String>.requestCost
        #expect(enqueue("a", bytes: limit + 1) == "write")
        #expect(enqueue("b", bytes: 1) == RedisError.overloaded.description)
        #expect(receive() == "a")
        #expect(enqueue("c", bytes: limit - 2 * cost - 1) == "write")
        #expect(enqueue("d", bytes: 1) == "write")
        #expect(enqueue("e", bytes: 1) == RedisError.overloaded.description)
    }
}
