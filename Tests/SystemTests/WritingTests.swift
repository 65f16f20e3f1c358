import Foundation
import Kafka
import SalesRules
import Server
import TestSupport
import Testing

@Suite("Writes over HTTP go through Kafka to a worker", .serialized)
struct WritingTests {
    private func with(
        shards: Int,
        _ body: (System, ServerProcess, _ worker: Process) async throws -> Void
    ) async throws {
        let system = try await System(shards: shards)
        let server = try await ServerProcess(system)
        let worker = try system.startWorker(0)
        do {
            try await body(system, server, worker)
        } catch {
            Issue.record(
                "\(error)\n\(system.log("serve.log").suffix(2_000))\n\(system.log("worker-0.log").suffix(2_000))"
            )
        }
        server.end()
        if worker.isRunning { kill(worker.processIdentifier, SIGKILL) }
        await system.end()
    }

    /// Waits until the worker applies each write within the two seconds for which the server waits.
    private func warmUp(_ server: ServerProcess) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        for (method, path, body, role) in [
            ("PUT", "me/preferences", #"{"widget":{}}"#, Role.manager), ("POST", "orders", order("SO-0", 1), .ingest),
        ] {
            while try await server.ask(method, path, body, as: role).status != 200 {
                try #require(ContinuousClock.now < deadline, "no worker applied a write in time")
            }
        }
    }

    private func order(_ id: String, _ total: Int) -> String {
        #"{"type":"order.saved","id":"\#(id)","owner":"u-1","total":"\#(total).00","date":"2026-03-14"}"#
    }

    @Test(
        "A write is applied before it is answered, so that the next read shows it",
        .timeLimit(.minutes(2)),
        arguments: [1, 3]
    )
    func applied(shards: Int) async throws {
        try await with(shards: shards) { system, server, _ in
            try await warmUp(server)
            let list = (1...200).map { order("SO-\($0)", 10) }
            let posted = try await server.ask("POST", "orders", "[\(list.joined(separator: ","))]", as: .ingest)
            #expect(posted.status == 200)
            #expect(posted.json["accepted"] as? Int == 200)
            let target = #"""
                {"id":"T-1","measure":"revenue","goal":"100.00","start":"2026-01-01","end":"2026-12-31","assignees":["u-1","u-2"]}
                """#
            let created = try await server.ask("POST", "targets", target)
            #expect(created.status == 201)
            #expect(created.json["realized"] as? String == "2001.00")
            for number in 1...5 {
                let path = "orders/SO-\(number)/allocations"
                let split = try await server.ask(
                    "POST",
                    path,
                    #"{"id":"A-\#(number)","salesperson":"u-3","percent":"40"}"#
                )
                #expect(split.status == 201)
                let credits = try await server.ask("GET", "orders/SO-\(number)").json["credits"] as? [[String: Any]]
                #expect(credits?.compactMap { $0["amount"] as? String } == ["10.00", "4.00"])
                #expect(try await server.ask("DELETE", "allocations/A-\(number)").status == 204)
            }
            let months = #"{"measure":"orders","goal":"400","year":2026,"assignees":["u-1"]}"#
            #expect(try await server.ask("POST", "targets/months", months).status == 201)
            #expect(try await server.ask("DELETE", "targets/T-1").status == 204)
            #expect(try await server.ask("GET", "targets/T-1").status == 404)
        }
    }

    @Test("Without a worker a write is answered with 202, and the next worker applies it", .timeLimit(.minutes(2)))
    func accepted() async throws {
        try await with(shards: 1) { system, server, worker in
            try await warmUp(server)
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
            let posted = try await server.ask("POST", "orders", order("SO-1", 10), as: .ingest)
            #expect(posted.status == 202)
            #expect(posted.location == "/api/v1/orders/SO-1")
            let next = try system.startWorker(0)
            defer { kill(next.processIdentifier, SIGKILL) }
            try await system.waitUntilApplied()
            #expect(try await server.ask("GET", "orders/SO-1").status == 200)
        }
    }

    private func imported(_ system: System, _ text: String, _ arguments: [String] = []) throws -> (Int32, String) {
        let file = try system.file("targets.csv", text)
        let log = "import-\(UUID().uuidString).log"
        let process = try system.start(["targets", "import", file] + arguments, log: log)
        process.waitUntilExit()
        return (process.terminationStatus, system.log(log).replacing(file, with: "targets.csv"))
    }

    @Test("A CSV file of targets is imported completely or not at all, and only once", .timeLimit(.minutes(2)))
    func imports() async throws {
        try await with(shards: 1) { system, server, _ in
            try await warmUp(server)
            let person = #"{"type":"salesperson.saved","id":"u-1","name":"Jan"}"#
            #expect(try await server.ask("POST", "orders", person, as: .ingest).status == 200)
            let header = "id,name,measure,goal,start,end,assignees\n"
            let good =
                header
                + "T-1,Q1,revenue,100.00,2026-01-01,2026-03-31,u-1\n,All,orders,5,2026-01-01,2026-12-31,u-1;u-2\n"
            func names() async throws -> [String] {
                let targets = try await server.ask("GET", "targets").json["targets"] as? [[String: Any]]
                return targets?.compactMap { $0["name"] as? String } ?? []
            }

            let (bad, mistakes) = try imported(system, good + ",x,revenue,0,2026-02-30,2026-12-31,\n")
            #expect(bad == 1)
            #expect(mistakes.contains(#"targets.csv: line 4, column 4 (goal): "0" is not an amount above zero"#))
            #expect(mistakes.contains(#"targets.csv: line 4, column 5 (start): "2026-02-30" is not a date YYYY-MM-DD"#))
            #expect(mistakes.contains("nothing was changed: 3 mistake(s)"))
            let (dry, plan) = try imported(system, good, ["--dry-run"])
            #expect(dry == 0)
            #expect(
                plan.contains("2 new target(s), 0 changed, 0 as they were; nothing was changed: this was a dry run")
            )
            #expect(plan.contains("targets.csv: warning: line 3: no salesperson u-2 is known yet"))
            #expect(try await names().isEmpty)

            let (status, summary) = try imported(system, good)
            #expect(status == 0, "\(summary)")
            #expect(summary.contains("2 new target(s), 0 changed, 0 as they were"))
            #expect(try await Set(names()) == ["Q1", "All"])
            let (again, changes) = try imported(system, good.replacing(",5,", with: ",6,"))
            #expect(again == 0)
            #expect(changes.contains("0 new target(s), 1 changed, 1 as they were"))
            #expect(try await names().count == 2)
            #expect(try imported(system, good, ["--tenant", "a b"]).0 == 2)
        }
    }
}
