import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOHTTP1
import Redis
import SalesRules
import Server
import Testing

/// Parses server-sent events as a browser does.
struct EventReader {
    /// One event. Without a name it has only an id, which is the position in the feed.
    struct Sent: Hashable {
        var id: String?
        var name: String?
        var data = ""

        /// A member of the JSON data, as text.
        func member(_ name: String) -> String? {
            let json = try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]
            return json?[name].map { "\($0)" }
        }
    }

    private var body: HTTPClientResponse.Body.AsyncIterator
    private var text: [UInt8] = []
    /// The id that a browser sends as `Last-Event-ID` when it connects again.
    private(set) var lastID: String?

    init(_ response: HTTPClientResponse) { body = response.body.makeAsyncIterator() }

    /// The next event; nil at the end of the stream. Skips `freshness` events, because their time is not fixed.
    mutating func next() async throws -> Sent? {
        while let block = try await block() {
            if block.name != nil, block.name != "freshness" { return block }
        }
        return nil
    }

    /// The next event with this name and, unless `id` is nil, this id in its data.
    mutating func next(_ name: String, _ id: String? = nil) async throws -> Sent {
        while let sent = try await block() {
            if sent.name == name, id == nil || sent.member("id") == id { return sent }
        }
        throw EndOfStream()
    }

    struct EndOfStream: Error {}

    private mutating func block() async throws -> Sent? {
        while true {
            if let end = text.firstRange(of: Array("\n\n".utf8)) {
                let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(separator: "\n")
                text.removeSubrange(..<end.upperBound)
                let sent = read(lines)
                if let id = sent.id { lastID = id }
                return sent
            }
            guard let more = try await body.next() else { return nil }
            text += more.readableBytesView
        }
    }

    private func read(_ lines: [Substring]) -> Sent {
        var sent = Sent()
        for line in lines {
            let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "id": sent.id = String(parts[1])
            case "event": sent.name = String(parts[1])
            case "data": sent.data += parts[1]
            default: break
            }
        }
        return sent
    }
}

/// A server that listens on a port, with its Redis.
struct LiveServer {
    let fixture: ServerFixture
    let asker: APIClient

    /// Opens the feed as this person. The stream has begun when this returns.
    func follow(
        _ person: String = "u-boss",
        _ role: Role = .manager,
        tenant: Identifier? = nil,
        after last: String? = nil
    ) async throws -> EventReader {
        let token = try await ServerFixture.token(person, role, tenant: tenant)
        let response = try await get(token: token, after: last)
        #expect(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        #expect(response.headers.first(name: "cache-control") == "no-store")
        return EventReader(response)
    }

    func get(token: String?, after last: String? = nil) async throws -> HTTPClientResponse {
        let port = try #require(asker.client.port)
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/v1/stream")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let last { request.headers.add(name: "last-event-id", value: last) }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }

    /// The value of a metric without labels.
    func metric(_ name: String) async throws -> Int? {
        let text = try await asker.get("/metrics", token: nil).text
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Int($0.dropFirst(name.count + 1)) }
    }
}

/// Runs `body` with a server that listens on a port and has subscribed to changes, and a Redis that holds these events.
func withLiveServer(
    _ events: [Event],
    now: @escaping @autoclosure @Sendable () -> Date = ServerFixture.now,
    accounts: AccountDirectory = .empty,
    _ body: @escaping @Sendable (LiveServer) async throws -> Void
) async throws {
    try await withFixture(events) { fixture in
        try await fixture.application(now: now(), accounts: accounts).test(.live) { client in
            let server = LiveServer(fixture: fixture, asker: APIClient(client: client))
            while try await server.metric("salestargets_feed_up") != 1 {}
            try await body(server)
        }
    }
}
