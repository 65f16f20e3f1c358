import Foundation
import Ledger
import NIOCore
import SalesRules
import Testing

@testable import Server

/// The steps that the tests of the feed's state share.
extension FeedStateTests {
    func viewer(_ person: String, _ role: Role = .salesperson, expires: Date = .distantFuture) -> Viewer {
        Viewer(id: id(person), tenant: acme, role: role, name: "", expires: expires)
    }

    mutating func open(_ viewer: Viewer, after last: String? = nil) throws -> UInt64 {
        let scope = try #require(FeedScope(of: viewer))
        let opened = state.open(viewer, scope, after: last, closeConnection: {})
        return try #require(opened).id
    }

    mutating func manager(after last: String? = nil) throws -> UInt64 {
        try open(viewer("u-boss", .manager), after: last)
    }

    /// Everything that a stream writes until it waits or ends.
    mutating func drain(_ stream: UInt64) -> String {
        var text = ""
        while case .write(let frame) = state.next(stream, at: start, wake: {}) { text += String(buffer: frame) }
        return text
    }

    /// Reads the changes. The result is these events and, for viewers who missed events, these events of the present state.
    mutating func readChanges(_ events: FeedEvent..., snapshot: [FeedEvent] = []) {
        for read in state.takeReads() {
            let snapshots = read.snapshotRequests.mapValues { _ in snapshot }
            state.publish(.init(events: events, snapshots: snapshots, catalog: Catalog()), for: read)
        }
    }

    mutating func change(_ target: String = "T-1") {
        state.receive(Announcement(targets: [TenantScoped(tenant: acme, id: id(target))]))
    }

    func targets(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("data: ") else { return nil }
            let json = try? JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any]
            return json?["id"] as? String ?? String(line.dropFirst(6))
        }
    }
}
