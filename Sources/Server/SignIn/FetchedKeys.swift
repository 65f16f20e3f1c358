internal import AsyncHTTPClient
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle

/// The keys of a JWKS that an identity provider publishes at an address.
///
/// They are asked for at the start and every ten minutes, and when a token names a key that is not known, at most once a
/// minute. As long as the provider does not answer, the keys it had stay in force.
package actor FetchedKeys: IdentityKeys, Service {
    private let address: JWKSAddress
    private let interval: Duration
    private let pause: Duration
    private let logger: Logger
    private var latest: KeySet?
    private var lastStart: ContinuousClock.Instant?
    private var fetching: Task<Void, Never>?

    /// Keys that are not fetched yet.
    /// - Parameters:
    ///   - interval: how often the keys are asked for.
    ///   - pause: how long one asks at most once for, whatever tokens name.
    package init(
        _ address: JWKSAddress,
        interval: Duration = .seconds(600),
        pause: Duration = .seconds(60),
        logger: Logger
    ) {
        self.address = address
        self.interval = interval
        self.pause = pause
        self.logger = logger
    }

    /// Asks for the keys again and again, until the server stops.
    package func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.fetch()
                // Ends early only when the server stops.
                try? await Task.sleep(for: self.interval)
            }
        }
    }

    /// The keys that are known; one that a token names and that is not known may be new, and is asked for.
    package func keys(naming id: String?) async -> KeySet? {
        if let latest, id.map(latest.ids.contains) ?? true { return latest }
        if fetching != nil || lastStart.map({ $0.duration(to: .now) >= pause }) ?? true { await fetch() }
        return latest
    }

    /// Asks once, however many want to know at that moment.
    private func fetch() async {
        if let fetching { return await fetching.value }
        lastStart = .now
        let task = Task { await self.replace() }
        fetching = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        fetching = nil
    }

    private func replace() async {
        do {
            let jwks = try await JWKSRequest.send(to: address)
            latest = try await KeySet(jwks: jwks)
        } catch {
            logger.warning(
                "the identity provider's keys cannot be had; those that are known stay in force",
                metadata: ["address": "\(address)", "known": "\(latest?.ids.count ?? 0)", "error": "\(error)"]
            )
        }
    }
}

/// Where an identity provider publishes its keys: https, or http on this machine, so that nobody on the way can put keys
/// of their own in.
package struct JWKSAddress: Sendable, CustomStringConvertible {
    /// The address as it was given.
    package let description: String

    /// Nil when the text is not such an address.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.scheme == "https" || parts.scheme == "http" && Self.loopback.contains(host)
        else { return nil }
        description = text
    }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "::1", "[::1]"]
}

/// One question for a JWKS.
private enum JWKSRequest {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func send(to address: JWKSAddress) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await answer(of: address) }
            group.addTask {
                try await Task.sleep(for: .seconds(10))
                throw Failure(description: "no answer within ten seconds")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
    }

    private static func answer(of address: JWKSAddress) async throws -> String {
        var configuration = HTTPClient.Configuration(
            // It might lead to an address that does not keep to the rule for addresses.
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(5))
        )
        configuration.httpVersion = .http1Only
        // A client for each question: they are rare, and no connection has to be kept and closed.
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            var request = HTTPClientRequest(url: address.description)
            request.headers.add(name: "accept", value: "application/json")
            let response = try await client.execute(request, timeout: .seconds(10))
            guard response.status == .ok else { throw Failure(description: "status \(response.status.code)") }
            return String(buffer: try await response.body.collect(upTo: 1 << 20))
        }
    }
}
