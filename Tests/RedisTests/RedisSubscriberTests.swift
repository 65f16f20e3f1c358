import Concurrency
import Foundation
import LocalServers
import RedisTesting
import Synchronization
import Testing

@testable import Redis

@Suite("Subscriber", .timeLimit(.minutes(1)))
struct RedisSubscriberTests {
    @Test("Only messages on the subscribed channels arrive, in order")
    func messages() async throws {
        try await withRedis { server in
            let publisher = try await RedisConnection.connect(to: server.endpoint)
            try await withListener(RedisSubscriber(try server.endpoint), to: ["a", "b"]) { events in
                #expect(await events.next() == .listening)
                var pipeline = RedisPipeline()
                for (channel, text) in [("a", "1"), ("c", "2"), ("b", "message"), ("a", "")] {
                    pipeline.append(RedisCommand("PUBLISH", channel, text))
                }
                _ = try await publisher.send(pipeline)
                var heard: [RedisMessage] = []
                while heard.count < 3, case .messages(let more)? = await events.next() { heard += more }
                #expect(heard.map(\.channel) == ["a", "b", "a"])
                #expect(heard.map { String(decoding: $0.payload, as: UTF8.self) } == ["1", "message", ""])
            }
        }
    }

    @Test("After Redis was killed and started again, the subscriber reports the loss and listens again")
    func reconnecting() async throws {
        try await withFolder { folder in
            let first = try await RedisServerProcess.start(folder: folder)
            try await withListener(RedisSubscriber(try first.endpoint), to: ["a"]) { events in
                #expect(await events.next() == .listening)
                first.kill(signal: SIGKILL)
                try await first.waitUntilEnded()
                #expect(await events.next()?.isLost == true)
                let second = try await RedisServerProcess.start(folder: folder)
                while let event = await events.next(), event.isLost {}
                let publisher = try await RedisConnection.connect(to: second.endpoint)
                #expect(try await publisher.send("PUBLISH", "a", "again") == .integer(1))
                #expect(await events.next() == .messages([RedisMessage(channel: "a", payload: Array("again".utf8))]))
                await second.stop()
            }
        }
    }

    @Test("A suspended Redis is detected, and messages arrive again after it resumes")
    func suspended() async throws {
        try await withRedis { server in
            let subscriber = RedisSubscriber(
                try server.endpoint,
                timeouts: RedisTimeouts(connect: .milliseconds(200), request: .milliseconds(200)),
                pingInterval: .milliseconds(20)
            )
            try await withListener(subscriber, to: ["a"]) { events in
                #expect(await events.next() == .listening)
                server.kill(signal: SIGSTOP)
                #expect(await events.next() == .lost(.timeout("no reply in time")))
                server.kill(signal: SIGCONT)
                while let event = await events.next(), event != .listening { #expect(event.isLost) }
            }
        }
    }

    @Test("An idle connection stays open: the pings do not disturb it")
    func pings() async throws {
        try await withRedis { server in
            let publisher = try await RedisConnection.connect(to: server.endpoint)
            let subscriber = RedisSubscriber(try server.endpoint, pingInterval: .milliseconds(1))
            try await withListener(subscriber, to: ["a"]) { events in
                #expect(await events.next() == .listening)
                while try await publisher.calls(of: "ping") < 20 {}
                _ = try await publisher.send("PUBLISH", "a", "b")
                #expect(await events.next() == .messages([RedisMessage(channel: "a", payload: Array("b".utf8))]))
            }
        }
    }

    @Test("A slow listener is informed of missed messages, and then gets later messages")
    func slow() async throws {
        try await withRedis { server in
            let publisher = try await RedisConnection.connect(to: server.endpoint)
            let gate = Gate()
            let listening = AsyncStream.makeStream(of: RedisSubscriber.Event.self)
            let subscriber = RedisSubscriber(try server.endpoint, pingInterval: .milliseconds(1))
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    await subscriber.listen(to: ["a"]) { event in
                        listening.continuation.yield(event)
                        if case .messages = event { await gate.opened() }
                    }
                }
                var events = listening.stream.makeAsyncIterator()
                #expect(await events.next() == .listening)
                _ = try await publisher.send("PUBLISH", "a", "first")
                #expect(await events.next() == .messages([RedisMessage(channel: "a", payload: Array("first".utf8))]))
                var pipeline = RedisPipeline()
                for _ in 0...WaitingMessages.countLimit { pipeline.append(RedisCommand("PUBLISH", "a", "more")) }
                _ = try await publisher.send(pipeline)
                // The second ping from now is sent after the answer to the first, which arrives after all messages.
                let pings = try await publisher.calls(of: "ping")
                while try await publisher.calls(of: "ping") < pings + 2 {}
                gate.open()
                #expect(await events.next() == .missed)
                _ = try await publisher.send("PUBLISH", "a", "last")
                var last: RedisMessage?
                while last?.payload != Array("last".utf8), case .messages(let more)? = await events.next() {
                    last = more.last
                }
                #expect(last?.payload == Array("last".utf8))
            }
        }
    }

    @Test("A wrong password is reported after every attempt")
    func wrongPassword() async throws {
        try await withRedis(["--requirepass", "right"]) { server in
            let url = server.url.replacing("unix://", with: "unix://:wrong@")
            let subscriber = RedisSubscriber(try RedisEndpoint(url: url), backoff: .init(base: .zero))
            try await withListener(subscriber, to: ["a"]) { events in
                for _ in 0..<3 {
                    guard case .lost(.server(let error))? = await events.next() else {
                        Issue.record("the wrong password was not reported")
                        return
                    }
                    #expect(["WRONGPASS", "ERR"].contains(error.code))
                }
            }
        }
    }

    /// Runs `body` with the events of a subscriber.
    private func withListener(
        _ subscriber: RedisSubscriber,
        to channels: [String],
        _ body: (inout AsyncStream<RedisSubscriber.Event>.AsyncIterator) async throws -> Void
    ) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: RedisSubscriber.Event.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Without this the group would wait for the listener forever.
            defer { group.cancelAll() }
            group.addTask { await subscriber.listen(to: channels) { continuation.yield($0) } }
            var iterator = stream.makeAsyncIterator()
            try await body(&iterator)
        }
    }
}

extension RedisSubscriber.Event {
    fileprivate var isLost: Bool { if case .lost = self { true } else { false } }
}

extension RedisConnection {
    fileprivate func calls(of command: String) async throws -> Int {
        let text = try await send("INFO", "commandstats").requireString()
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line?.split(separator: "=")[1].split(separator: ",").first.flatMap { Int($0) } ?? 0
    }
}

/// Suspends callers of ``opened()`` until ``open()`` is called.
private final class Gate: Sendable {
    private let completion = RedisCompletion<Void>()

    func opened() async { try? await completion.value() }

    func open() { completion.complete(.success(())) }
}
