internal import Foundation
internal import JWTKit
package import Logging

/// The keys with which an identity provider signs tokens, as it publishes them now.
package protocol IdentityKeys: Sendable {
    /// - Parameter id: the key id in a token; an unknown one may cause a fetch.
    /// - Returns: nil while no keys are known.
    func keys(naming id: String?) async -> KeySet?
}

/// The keys of one JWKS.
package struct KeySet: IdentityKeys {
    let collection = JWTKeyCollection()
    /// The ids of the keys.
    let ids: Set<String>

    /// - Parameter jwks: JSON.
    /// - Throws: ``TokenKeyError`` when it has no signing key, or one that cannot be used.
    package init(jwks: String) async throws {
        let keys = try SigningKeys.read(jwks)
        ids = Set(keys.compactMap { $0.keyIdentifier?.string })
        for key in keys {
            do {
                try await collection.add(jwk: key)
            } catch {
                throw TokenKeyError(description: "a key of the JWKS cannot be used")
            }
        }
    }

    /// Always this set.
    package func keys(naming id: String?) async -> KeySet? { self }
}

/// The keys of a JWKS file, read again when it changes.
package struct KeyFile: IdentityKeys {
    private let file: ReloadingFile<KeySet>

    /// - Throws: ``TokenKeyError``, or what reading the file throws.
    package init(path: String, logger: Logger) async throws {
        try await self.init(path: path, checkInterval: .seconds(1), logger: logger)
    }

    init(path: String, checkInterval: Duration, logger: Logger) async throws {
        file = try await ReloadingFile(path: path, checkInterval: checkInterval, logger: logger) { bytes in
            try await KeySet(jwks: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The keys in the file, at most one second old.
    package func keys(naming id: String?) async -> KeySet? { await file.current() }
}
