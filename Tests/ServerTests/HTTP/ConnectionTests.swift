import Concurrency
import Foundation
import HummingbirdTesting
import SalesRules
import Testing

@testable import Server

/// A connection on which a test sends and reads bytes, on threads of its own. Each wait lasts 30 seconds at most.
private struct RawConnection: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    func close() { _ = Foundation.close(descriptor) }

    /// - Returns: how many bytes were taken before the other end refused more.
    func send(_ bytes: [UInt8]) async throws -> Int {
        try await BlockingThread.run("send") {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { break }
                sent += count
            }
            return sent
        }
    }

    func send(_ text: String) async throws { _ = try await send(Array(text.utf8)) }

    /// Reads until the text contains another one, or to the end of the connection when it is nil.
    /// - Returns: nil when there is neither in time.
    func read(until end: String? = nil) async throws -> String? {
        try await BlockingThread.run("read") {
            var text = ""
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(descriptor, &chunk, chunk.count, 0)
                if count < 0 { return errno == ECONNRESET && end == nil ? text : nil }
                if count == 0 { return end == nil ? text : nil }
                text += String(decoding: chunk[..<count], as: UTF8.self)
                if let end, text.contains(end) { return text }
            }
        }
    }
}

@Suite("Connections", .timeLimit(.minutes(2)))
struct ConnectionTests {
    private func withConnection(
        _ body: @escaping @Sendable (RawConnection) async throws -> Void
    ) async throws {
        try await withFixture([]) { fixture in
            try await fixture.application().test(.live) { client in
                let connection = try RawConnection(port: try #require(client.port))
                defer { connection.close() }
                try await body(connection)
            }
        }
    }

    private static let event = #"{"type":"order.saved","id":"SO-1","owner":"u-1","total":"1.00","date":"2026-01-02"}"#

    private func head(_ expect: Bool = true, token: String, type: String = "application/json") -> String {
        "POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: \(type)\r\n"
            + "Content-Length: \(Self.event.utf8.count)\r\n" + (expect ? "Expect: 100-continue\r\n" : "") + "\r\n"
    }

    @Test("A client that waits for it is asked for the body, and the connection stays open")
    func expected() async throws {
        let token = try await ServerFixture.token("crm", .ingest)
        try await withConnection { connection in
            for _ in 0..<2 {
                try await connection.send(head(token: token))
                let asked = try await connection.read(until: "\r\n\r\n")
                #expect(asked == "HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.send(Self.event)
                let answer = try await connection.read(until: "}")
                #expect(answer?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
                #expect(answer?.contains("100 Continue") == false)
            }
            try await connection.send(head(token: token) + Self.event)
            // The body came with the head: nobody is asked for it.
            let answer = try await connection.read(until: "\"accepted\":1}")
            #expect(answer?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
            #expect(answer?.lowercased().contains("connection: close") == false)
        }
    }

    @Test("A request that is refused before its body is read gets the answer at once, and the connection is closed")
    func refusedUnread() async throws {
        for (token, type, status) in [
            (try await ServerFixture.token("crm", .ingest), "text/plain", "415"),
            (try await ServerFixture.token("u-1", .manager), "application/json", "403"),
            ("x", "application/json", "401"),
        ] {
            try await withConnection { connection in
                try await connection.send(head(token: token, type: type))
                let answer = try await connection.read()
                #expect(answer?.hasPrefix("HTTP/1.1 \(status) ") == true)
                #expect(answer?.lowercased().contains("connection: close") == true)
            }
        }
    }

    @Test("HTTP/1.0 gets an answer without chunks that ends with the connection", arguments: ["1.0", "1.1"])
    func oldVersion(version: String) async throws {
        try await withConnection { connection in
            let more = version == "1.1" ? "Connection: Close\r\n" : ""
            try await connection.send("GET /healthz HTTP/\(version)\r\nHost: x\r\n\(more)\r\n")
            let answer = try await connection.read()
            #expect(answer?.hasPrefix("HTTP/\(version) 200 OK\r\n") == true)
            #expect(answer?.hasSuffix("\r\n\r\nok\n") == true)
            #expect(answer?.lowercased().contains("connection: close") == true)
        }
    }

    @Test("A live feed over HTTP/1.0 has no chunks")
    func oldStream() async throws {
        let token = try await ServerFixture.token("u-1", .manager)
        try await withConnection { connection in
            try await connection.send("GET /api/v1/stream?seconds=1 HTTP/1.0\r\nAuthorization: Bearer \(token)\r\n\r\n")
            let answer = try #require(try await connection.read())
            let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
            #expect(!parts[0].lowercased().contains("transfer-encoding"))
            #expect(parts.last?.hasPrefix("retry: 1000\n") == true)
        }
    }

    @Test("A header or an address that is too large is refused, and not read to its end", arguments: [true, false])
    func largeHeader(isHeader: Bool) async throws {
        try await withConnection { connection in
            try await connection.send(isHeader ? "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " : "GET /")
            let sent = try await connection.send([UInt8](repeating: UInt8(ascii: "a"), count: 20 << 20))
            #expect(sent < 20 << 20)
            // The client that reads before it has sent everything sees why.
        }
        try await withConnection { connection in
            try await connection.send(
                "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 100_000)
            )
            #expect(try await connection.read()?.hasPrefix("HTTP/1.1 431 ") == true)
        }
        try await withConnection { connection in
            try await connection.send("nonsense\r\n\r\n")
            #expect(try await connection.read()?.hasPrefix("HTTP/1.1 400 ") == true)
        }
    }
}
