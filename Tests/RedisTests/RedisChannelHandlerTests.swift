import Concurrency
import NIOCore
import NIOEmbedded
import Testing

@testable import Redis

@Suite("Channel handler")
final class RedisChannelHandlerTests {
    private let handler = RedisChannelHandler()
    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/redis.sock")).wait()
    }

    /// An open channel and its handlers form a reference cycle.
    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    private func send(_ commands: RedisCommand..., timeout: TimeAmount = .seconds(5)) -> Outcome {
        var pipeline = RedisPipeline()
        for command in commands { pipeline.append(command) }
        let request = RedisCompletion<RedisReplies>()
        handler.send(pipeline, timeout: timeout, request: request)
        return Outcome(request)
    }

    private func receive(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    @Test("A pipeline is written in one piece")
    func writes() throws {
        _ = send(RedisCommand("A"), RedisCommand("B"))
        let written = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: written) == "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n")
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("A reply that arrives in parts reaches its request complete")
    func splitReplies() throws {
        let first = send(RedisCommand("A"), RedisCommand("B"))
        let second = send(RedisCommand("C"))
        for character in ":1\r\n$2\r\nxy\r\n".map(String.init) { try receive(character) }
        #expect(first.replies == [.integer(1), .bytes(Array("xy".utf8))])
        #expect(second.replies == nil)
        try receive("+OK\r\n")
        #expect(second.replies == [.status("OK")])
    }

    @Test("Two replies in one read reach their two requests")
    func joinedReplies() throws {
        let first = send(RedisCommand("A"))
        let second = send(RedisCommand("B"))
        try receive(":1\r\n:2\r\n")
        #expect(first.replies == [.integer(1)])
        #expect(second.replies == [.integer(2)])
    }

    @Test("An empty pipeline is answered without a write")
    func empty() throws {
        #expect(send().replies == [])
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("Bytes that are not RESP fail waiting and later requests, and close the channel")
    func garbage() throws {
        let first = send(RedisCommand("A"))
        let second = send(RedisCommand("B"))
        try receive(":1\r\n<html>")
        #expect(first.replies == [.integer(1)])
        let error = RedisError.protocolViolation("Protocol error, got \"<\" as reply type byte")
        #expect(second.error == error)
        #expect(!channel.isActive)
        #expect(!handler.status.isOpen)
        #expect(send(RedisCommand("C")).error == error)
    }

    @Test("A reply without a request closes the channel")
    func unexpectedReply() throws {
        try receive(":1\r\n")
        #expect(!channel.isActive)
        #expect(send(RedisCommand("A")).error == .protocolViolation("a reply without a request"))
    }

    @Test("When Redis closes the connection, all waiting requests fail")
    func closedByPeer() throws {
        let first = send(RedisCommand("A"))
        channel.pipeline.fireChannelInactive()
        #expect(first.error == .connectionClosed("Redis closed it"))
    }

    @Test("When the oldest request passes its deadline, all waiting requests fail with a timeout")
    func timeout() throws {
        let first = send(RedisCommand("A"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        let second = send(RedisCommand("B"))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1_999))
        #expect(first.error == nil)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(first.error == .timeout("no reply in time"))
        #expect(second.error == .timeout("no reply in time"))
        #expect(!channel.isActive)
    }

    @Test("A request after an answered one has its own deadline")
    func laterDeadline() throws {
        _ = send(RedisCommand("A"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        let second = send(RedisCommand("B"))
        try receive(":1\r\n")
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(4_999))
        #expect(second.error == nil)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(second.error == .timeout("no reply in time"))
    }

    @Test("A short deadline applies after a request with a long deadline")
    func shorterDeadline() throws {
        _ = send(RedisCommand("A"), timeout: .seconds(60))
        try receive(":1\r\n")
        let second = send(RedisCommand("B"), timeout: .seconds(1))
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(second.error == .timeout("no reply in time"))
    }

    @Test("An idle connection does not time out")
    func idle() throws {
        _ = send(RedisCommand("A"))
        try receive(":1\r\n")
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }

    @Test("Published messages go to the listener, and replies between them go to their requests")
    func published() async throws {
        let messages = MessageBuffer()
        handler.messages = messages
        let subscribed = send(RedisCommand("SUBSCRIBE", "a"))
        try receive("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
        #expect(subscribed.replies?.count == 1)
        let ping = send(RedisCommand("PING"))
        try receive("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\nnews\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n")
        #expect(ping.replies?.count == 1)
        #expect(try await messages.next().messages == [RedisMessage(channel: "a", payload: Array("news".utf8))])
        channel.pipeline.fireChannelInactive()
        await #expect(throws: RedisError.connectionClosed("Redis closed it")) { try await messages.next() }
    }

    @Test("Draining waits for pending requests and then closes")
    func draining() throws {
        let first = send(RedisCommand("A"))
        handler.drain()
        #expect(channel.isActive)
        #expect(send(RedisCommand("B")).error == .connectionClosed("this program closed it"))
        try receive(":1\r\n")
        #expect(first.replies == [.integer(1)])
        #expect(!channel.isActive)
    }
}

/// The result of a request so far, read without waiting.
private struct Outcome {
    private let completion: RedisCompletion<RedisReplies>

    init(_ completion: RedisCompletion<RedisReplies>) {
        self.completion = completion
    }

    var replies: [RedisValue]? { (try? completion.outcome?.get()).map { Array($0) } }

    var error: RedisError? {
        guard case .failure(let error) = completion.outcome else { return nil }
        return error
    }
}
