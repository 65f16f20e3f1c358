import Foundation
import LocalServers
import Redis
import TestSupport
import Testing

@Suite(
    "A fault that no waiting mends ends the program with exit code 3 and names the cause",
    .serialized,
    .timeLimit(.minutes(5))
)
struct LastingFaultTests {
    /// What is wrong, how the program is given it, and what the last line must say.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        var redisURL: @Sendable (String) -> String = { $0 }
        var arguments: [String] = []
        let said: [String]
        var testDescription: String { name }
    }

    private static let faults = [
        Fault(
            name: "a wrong password",
            redisURL: { $0.replacing("unix://", with: "unix://ann:wr0ng@") },
            said: ["WRONGPASS", "check the user name and the password"]
        ),
        Fault(
            name: "no such database",
            redisURL: { $0 + "?db=99" },
            said: ["DB index is out of range", "`databases`"]
        ),
        Fault(
            name: "a missing authority for Redis",
            redisURL: { _ in "rediss://127.0.0.1:1?cacert=/nowhere/ca.pem" },
            said: ["/nowhere/ca.pem", "check that the file exists"]
        ),
        Fault(
            name: "a missing authority for Kafka",
            arguments: ["--kafka", "security.protocol=ssl", "--kafka", "ssl.ca.location=/nowhere/ca.pem"],
            said: ["ssl.ca.location"]
        ),
        Fault(
            name: "a Kafka whose certificate is not trusted",
            arguments: ["--kafka", "security.protocol=ssl", "--kafka-bootstrap-servers", "TLS"],
            said: ["certificate", "ssl.ca.location"]
        ),
    ]

    @Test("of a worker that applies what there is, of a worker, and of a server", arguments: faults)
    func ends(_ fault: Fault) async throws {
        let system = try await System(partitions: 1)
        let broker = try await UntrustedBroker()
        let arguments = fault.arguments.map { $0 == "TLS" ? broker.address : $0 }
        for command in [["worker", "--until-caught-up"], ["worker"], ["serve", "--http-port", "0"]] {
            let log = "\(command.joined(separator: " ")).log"
            let process = try system.start(
                command + arguments,
                log: log,
                environment: ServerClient.environment.merging([
                    "SALESTARGETS_REDIS_URL": fault.redisURL(system.redis.url)
                ]) { $1 }
            )
            process.waitUntilExit()
            #expect(process.terminationStatus == 3, "\(command): \(system.log(log))")
            let last = system.log(log).split(separator: "\n").last ?? ""
            for words in fault.said { #expect(last.contains(words), "\(command): \(last)") }
            #expect(!system.log(log).contains("wr0ng"))
        }
        try await broker.stop()
        await system.end()
    }

    @Test("of a worker whose Redis user may not publish")
    func channel() async throws {
        let system = try await System(partitions: 1)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        defer { connection.closeNow() }
        let user = "ACL SETUSER quiet on nopass ~* resetchannels +@all".split(separator: " ").map(String.init)
        var command = RedisCommand(user[0])
        for word in user.dropFirst() { command.append(word) }
        _ = try await connection.one(command)
        try await system.publish([system.message(for: try System.savedOrder("SO-1"))])
        let worker = try system.start(
            ["worker"],
            log: "worker.log",
            environment: ["SALESTARGETS_REDIS_URL": system.redis.url.replacing("unix://", with: "unix://quiet:x@")]
        )
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 3, "\(system.log("worker.log"))")
        #expect(system.log("worker.log").contains("&{s*}:changes"))
        #expect(try await system.site.backlog().count == 1)
        await system.end()
    }
}

/// A server that speaks TLS with a certificate that nobody trusts.
private final class UntrustedBroker: Sendable {
    let address: String
    private let server: ChildProcess
    private let folder: URL

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "untrusted-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (key, certificate, log) = (folder.path + "/key", folder.path + "/certificate", folder.path + "/log")
        let made = ChildProcess(
            ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                + ["-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
            log: log
        )
        try #require(try await made.waitUntilEnded(atMost: .seconds(60)) == 0, "apt-get install openssl")
        let port = try LocalPort.free()
        server = ChildProcess(
            [
                "/usr/bin/openssl", "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert",
                certificate,
            ],
            log: log
        )
        try await server.waitUntilStarted()
        address = "127.0.0.1:\(port)"
    }

    func stop() async throws {
        server.signal(SIGKILL)
        _ = try await server.waitUntilEnded(atMost: .seconds(60))
        try FileManager.default.removeItem(at: folder)
    }
}
