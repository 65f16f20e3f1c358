import Testing

@testable import Redis

@Suite("Messages that wait")
struct MessageBufferTests {
    private func message(_ text: String) -> RedisMessage {
        RedisMessage(channel: "news", payload: Array(text.utf8))
    }

    @Test("They are taken in their order, and once")
    func order() {
        var waiting = WaitingMessages()
        let messages = (1...3).map { message("\($0)") }
        for message in messages { waiting.append(message) }
        #expect(waiting.take() == WaitingMessages.Taken(messages: messages))
        #expect(waiting.take() == nil)
    }

    @Test("When there are too many all go, which is told before what comes then")
    func tooMany() {
        var waiting = WaitingMessages()
        for number in 1...WaitingMessages.countLimit { waiting.append(message("\(number)")) }
        waiting.append(message("one too many"))
        waiting.append(message("later"))
        #expect(waiting.take() == WaitingMessages.Taken(hasMissed: true, messages: [message("later")]))
        waiting.append(message("next"))
        #expect(waiting.take() == WaitingMessages.Taken(messages: [message("next")]))
    }

    @Test("When they are too large together all go")
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

    @Test("What waits when the connection ends is still taken, and then the reason")
    func closing() async throws {
        let buffer = MessageBuffer()
        buffer.append(message("last"))
        buffer.close(.connectionClosed("gone"))
        #expect(try await buffer.next().messages == [message("last")])
        await #expect(throws: RedisError.connectionClosed("gone")) { try await buffer.next() }
    }

    @Test("A task that is cancelled stops waiting")
    func cancellation() async throws {
        let buffer = MessageBuffer()
        let task = Task { try await buffer.next() }
        task.cancel()
        await #expect(throws: RedisError.cancelled) { try await task.value }
    }
}
