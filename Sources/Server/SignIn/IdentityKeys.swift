internal import Foundation
internal import JWTKit
package import Logging

/// The keys with which an identity provider signs tokens, as it publishes them now.
package protocol IdentityKeys: Sendable {
    /// - Parameter token: one with an unknown key may cause a fetch.
    /// - Returns: nil while no keys are known.
    func keys(for token: SignedToken) async -> KeySet?
}

/// The usable keys of one JWKS.
package struct KeySet: IdentityKeys {
    private let keys: [SigningKey]

    /// Reads a JWKS. A key that cannot be used is passed over, with a warning that names it.
    /// - Parameter jwks: JSON.
    /// - Throws: ``TokenKeyError`` when no key can be used.
    package init(jwks: String, logger: Logger) async throws {
        guard let keys = try await Self(jwks: jwks, replacing: nil, logger: logger) else {
            throw TokenKeyError(description: "the JWKS has no key that can check a signature")
        }
        self = keys
    }

    /// Reads a JWKS that replaces an earlier one. Where none of its keys can be used, those of the earlier keys stay in
    /// use that it still lists: what a provider has withdrawn is withdrawn.
    /// - Returns: nil when no key can be used, and there is no earlier set.
    init?(jwks: String, replacing earlier: KeySet?, logger: Logger) async throws {
        guard let list = try? JSONDecoder().decode(List.self, from: Data(jwks.utf8)) else {
            throw TokenKeyError(description: "the JWKS is not an object with a list of keys")
        }
        var keys: [SigningKey] = []
        var listed: Set<JWKSEntry.Name> = []
        for (index, entry) in list.keys.enumerated() {
            let name = entry.name(at: index + 1)
            listed.insert(name)
            if entry.isForSomethingElse { continue }
            do {
                keys += try await entry.signingKeys(named: name)
            } catch let error as JWKSEntry.Unusable {
                logger.warning(
                    "a key of the identity provider cannot be used; it is passed over",
                    metadata: ["key": "\(name)", "reason": "\(error.reason)"]
                )
            }
        }
        if keys.isEmpty {
            guard let earlier else { return nil }
            keys = earlier.keys.filter { listed.contains($0.entry) }
            logger.warning(
                "no key of the identity provider's new list can be used; earlier keys that it still lists stay in use",
                metadata: ["known": "\(Set(keys.map(\.entry)).count)"]
            )
        }
        self.keys = keys
    }

    private struct List: Decodable {
        let keys: [JWKSEntry]
    }

    /// How many keys can be used.
    var count: Int { Set(keys.map(\.entry)).count }

    /// Whether one of the keys may have signed the token.
    func mayVerify(_ token: SignedToken) -> Bool { keys.contains { $0.fits(token) } }

    /// Whether one of the keys signed the token.
    func verifies(_ token: SignedToken) -> Bool {
        keys.contains { $0.fits(token) && token.isSigned(by: $0.algorithm) }
    }

    /// Always this set.
    package func keys(for token: SignedToken) async -> KeySet? { self }
}

/// The keys of a JWKS file, read again when it changes.
package struct KeyFile: IdentityKeys {
    private let file: ReloadingFile<KeySet>

    /// - Throws: ``TokenKeyError``, or what reading the file throws.
    package init(path: String, logger: Logger) async throws {
        try await self.init(path: path, checkInterval: .seconds(1), logger: logger)
    }

    init(path: String, checkInterval: Duration, logger: Logger) async throws {
        file = try await ReloadingFile(path: path, checkInterval: checkInterval, logger: logger) { bytes, earlier in
            let jwks = String(decoding: bytes, as: UTF8.self)
            guard let keys = try await KeySet(jwks: jwks, replacing: earlier, logger: logger) else {
                throw TokenKeyError(description: "the JWKS has no key that can check a signature")
            }
            return keys
        }
    }

    /// The keys in the file, at most one second old.
    package func keys(for token: SignedToken) async -> KeySet? { await file.current() }
}
