import Testing

@testable import Redis

@Suite("Buffer of published messages")
struct MessageBufferTests {
    private func message(_ text: String) -> RedisMessage {
        RedisMessage(channel: "news", payload: Array(text.utf8))
    }

    @Test("Messages are taken in order, each one once")
    func order() {
        var waiting = WaitingMessages()
        let messages = (1...3).map { message("\($0)") }
        for message in messages { waiting.append(message) }
        #expect(waiting.take() == WaitingMessages.Taken(messages: messages))
        #expect(waiting.take() == nil)
    }

    @Test("When there are too many messages all are dropped, and the loss is reported before later messages")
    func tooMany() {
        var waiting = WaitingMessages()
        for number in 1...WaitingMessages.countLimit { waiting.append(message("\(number)")) }
        waiting.append(message("one too many"))
        waiting.append(message("later"))
        #expect(waiting.take() == WaitingMessages.Taken(hasMissed: true, messages: [message("later")]))
        waiting.append(message("next"))
        #expect(waiting.take() == WaitingMessages.Taken(messages: [message("next")]))
    }

    @Test("When the messages are too large together all are dropped")
    func tooLarge() {
        var waiting = WaitingMessages()
        let half = RedisMessage(
            channel: "news",
            payload: Array(repeating: 0, count: WaitingMessages.byteLimit / 2 + 1)
        )
        waiting.append(half)
        waiting.append(half)
        #expect(waiting.take() == WaitingMessages.Taken(hasMissed: true))
    }

    @Test("After the connection ends, waiting messages can still be taken, and then the error is thrown")
    func closing() async throws {
        let buffer = MessageBuffer()
        buffer.append(message("last"))
        buffer.close(.connectionClosed("gone"))
        #expect(try await buffer.next().messages == [message("last")])
        await #expect(throws: RedisError.connectionClosed("gone")) { try await buffer.next() }
    }

    @Test("A cancelled task stops waiting")
    func cancellation() async throws {
        let buffer = MessageBuffer()
        let task = Task { try await buffer.next() }
        task.cancel()
        await #expect(throws: RedisError.cancelled) { try await task.value }
    }
}
