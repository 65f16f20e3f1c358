import Hummingbird
import HummingbirdTesting
import Log
import Synchronization
import Testing

@testable import Server

@Suite("A server that the brokers refuse", .timeLimit(.minutes(2)))
struct RefusedByBrokersTests {
    private static let refusal = LogError(code: -1, name: "_SSL", reason: "not trusted", needsPerson: true)

    @Test("from its start ends with the reason, also when they answer late")
    func fromStart() async throws {
        try await withFixture([]) { fixture in
            let asked = Mutex(0)
            let application = try await fixture.application(watermarks: {
                let count = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                throw count == 1 ? LogError(code: -2, name: "_TIMED_OUT", reason: "", isRetriable: true) : Self.refusal
            })
            await #expect(throws: Self.refusal) { try await application.runService(gracefulShutdownSignals: []) }
        }
    }

    @Test("for a moment at its start goes on: a broker that starts may not know its users yet")
    func atFirst() async throws {
        try await withFixture([]) { fixture in
            let asked = Mutex(0)
            let application = try await fixture.application(watermarks: {
                let count = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                if count <= 2 { throw Self.refusal }
                return [:]
            })
            try await application.test(.live) { client in
                let asker = APIClient(client: client)
                while try await asker.get("/readyz").status != 200 {}
                #expect(asked.withLock(\.self) > 2)
            }
        }
    }

    @Test("after they have answered goes on, and says so")
    func later() async throws {
        try await withFixture([]) { fixture in
            let isRefused = Mutex(false)
            let application = try await fixture.application(watermarks: {
                if isRefused.withLock(\.self) { throw Self.refusal }
                return [:]
            })
            try await application.test(.live) { client in
                let asker = APIClient(client: client)
                while try await asker.get("/readyz").status != 200 {}
                isRefused.withLock { $0 = true }
                var answer = try await asker.get("/readyz")
                while answer.status == 200 { answer = try await asker.get("/readyz") }
                let problems = try #require(try answer.json()["problems"] as? [String])
                #expect(problems.contains { $0.contains("refuse this server") })
                #expect(try await asker.get("/healthz").status == 200)
            }
        }
    }
}
