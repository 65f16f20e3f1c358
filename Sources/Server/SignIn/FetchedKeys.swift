internal import AsyncHTTPClient
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle

/// The keys of a JWKS that an identity provider publishes at an address.
///
/// They are fetched at the start, every ten minutes, and when a token names an unknown key, at most once a minute.
/// While the provider does not answer, the last keys stay in use.
package actor FetchedKeys: IdentityKeys, Service {
    private let address: JWKSAddress
    private let interval: Duration
    private let pause: Duration
    private let logger: Logger
    private var latest: KeySet?
    private var lastStart: ContinuousClock.Instant?
    private var fetching: Task<Void, Never>?

    /// Starts without keys; ``run()`` fetches them.
    /// - Parameters:
    ///   - interval: how often the keys are fetched.
    ///   - pause: the shortest time between two fetches because of unknown keys.
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

    /// Fetches the keys at every interval until the server stops.
    package func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.fetch()
                // Ends early only when the server stops.
                try? await Task.sleep(for: self.interval)
            }
        }
    }

    /// The known keys. When the token names an unknown key, they may be fetched first: the key may be new.
    package func keys(for token: SignedToken) async -> KeySet? {
        if let latest, latest.mayVerify(token) { return latest }
        if fetching != nil || lastStart.map({ $0.duration(to: .now) >= pause }) ?? true { await fetch() }
        return latest
    }

    /// Fetches once for all callers that wait at the same time.
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
            guard let keys = try await KeySet(jwks: jwks, replacing: latest, logger: logger) else {
                throw TokenKeyError(description: "the JWKS has no key that can check a signature")
            }
            latest = keys
        } catch {
            logger.warning(
                "cannot fetch the identity provider's keys; the known keys stay in use",
                metadata: ["address": "\(address)", "known": "\(latest?.count ?? 0)", "error": "\(error)"]
            )
        }
    }
}

/// The URL of a JWKS: https, or http on the local host, so that no one on the network can replace the keys.
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

/// One HTTP request for a JWKS.
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
            // A redirect could lead to an address that JWKSAddress does not allow.
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(5))
        )
        configuration.httpVersion = .http1Only
        // A new client for each request: requests are rare, so an open connection is not worth keeping.
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            var request = HTTPClientRequest(url: address.description)
            request.headers.add(name: "accept", value: "application/json")
            let response = try await client.execute(request, timeout: .seconds(10))
            guard response.status == .ok else { throw Failure(description: "status \(response.status.code)") }
            return String(buffer: try await response.body.collect(upTo: 1 << 20))
        }
    }
}
