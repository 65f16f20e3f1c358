import Foundation
import Redis
import RedisTesting
import Testing

@Suite("A thread with its own connections")
struct EventLoopThreadTests {
    /// Sends commands from its thread.
    private actor Sender {
        private let thread: EventLoopThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        init(_ thread: EventLoopThread) { self.thread = thread }

        /// - Returns: the threads that ran the task, and the replies.
        func send(_ count: Int, to endpoint: RedisEndpoint) async throws -> (Set<ObjectIdentifier>, [RedisValue]) {
            let connection = try await thread.connect(to: endpoint)
            defer { connection.closeNow() }
            var threads: Set = [currentThread()]
            var replies: [RedisValue] = []
            for number in 0..<count {
                let pending = connection.submit(RedisPipeline(RedisCommand("ECHO", "\(number)")))
                replies += try await pending.value()
                threads.insert(currentThread())
                threads.insert(await threadOfCall())
            }
            return (threads, replies)
        }

        /// Closes a connection and uses it in the same turn.
        func sendAfterClosing(to endpoint: RedisEndpoint) async throws {
            let connection = try await thread.connect(to: endpoint)
            connection.closeNow()
            _ = try await connection.submit(RedisPipeline(RedisCommand("PING"))).value()
        }
    }

    @Test("A task on the thread gets its replies there, and what it calls runs there too")
    func sameThread() async throws {
        try await withRedis { server in
            let thread = EventLoopThread()
            defer { thread.finish() }
            let endpoint = try server.endpoint
            let task = Task(executorPreference: thread) { try await Sender(thread).send(20, to: endpoint) }
            let (threads, replies) = try await task.value
            #expect(threads.count == 1)
            #expect(replies == (0..<20).map { .bytes(Array("\($0)".utf8)) })
        }
    }

    @Test("What an actor on the thread does with a connection happens in this order")
    func order() async throws {
        try await withRedis { server in
            let thread = EventLoopThread()
            defer { thread.finish() }
            let endpoint = try server.endpoint
            await #expect(throws: RedisError.connectionClosed("this program closed it")) {
                try await Sender(thread).sendAfterClosing(to: endpoint)
            }
        }
    }
}

// Foundation allows this call only in a function that does not wait.
private func currentThread() -> ObjectIdentifier { ObjectIdentifier(Thread.current) }

@concurrent private func threadOfCall() async -> ObjectIdentifier { currentThread() }
