internal import Foundation
internal import JWTKit

/// A key of a JWKS with one algorithm that it signs with.
struct SigningKey: Sendable {
    /// Nil when the key has no id.
    let id: String?
    let algorithm: any JWTAlgorithm
    /// The entry of the JWKS that it is from.
    let entry: JWKSEntry.Name

    /// Whether a token's header may mean this key.
    func fits(_ token: SignedToken) -> Bool {
        algorithm.name == token.algorithm && (id == nil || token.keyID == nil || id == token.keyID)
    }
}

/// An entry of a JWKS (RFC 7517), which may be of any kind. Providers publish all their keys together.
struct JWKSEntry: Decodable {
    /// Identifies a key from one JWKS to the next: its id, or else its public part.
    struct Name: Hashable, Sendable, CustomStringConvertible {
        let description: String
    }

    /// Why a key cannot be used.
    struct Unusable: Error {
        let reason: String
    }

    private let id: String?
    private let kind: String?
    private let use: String?
    private let operations: [String]?
    private let algorithm: String?
    private let curve: String?
    private let publicPart: String?
    private let key: JWK?

    private enum CodingKeys: String, CodingKey {
        case kid, kty, use, alg, crv, n, x
        case operations = "key_ops"
    }

    init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? { try? container?.decodeIfPresent(String.self, forKey: key) }
        (id, kind, use) = (text(.kid), text(.kty), text(.use))
        (algorithm, curve) = (text(.alg), text(.crv))
        publicPart = text(.n) ?? text(.x)
        operations = try? container?.decodeIfPresent([String].self, forKey: .operations)
        key = try? JWK(from: decoder)
    }

    /// - Parameter place: where it is in the list, counted from 1.
    func name(at place: Int) -> Name { Name(description: String((id ?? publicPart ?? "key \(place)").prefix(100))) }

    /// Whether it is published for another purpose than signatures: then nobody has to know that it is not used.
    var isForSomethingElse: Bool { use != nil && use != "sig" || operations.map { !$0.contains("verify") } ?? false }

    /// The key with each algorithm that it may sign with.
    /// - Throws: ``Unusable``
    func signingKeys(named name: Name) async throws -> [SigningKey] {
        guard var key else { throw Unusable(reason: "its kind, curve or algorithm is not known here") }
        let allowed = Self.algorithms(key, curve)
        // The names of algorithms are those of JWKs, so a name that JWK knows is also in the list.
        let chosen = algorithm.map { named in allowed.filter { $0.rawValue == named } } ?? allowed
        if chosen.isEmpty { throw Unusable(reason: "its algorithm does not fit its kind or curve") }
        // A private part that was published by mistake is not needed.
        (key.privateExponent, key.prime1, key.prime2) = (nil, nil, nil)
        var keys: [SigningKey] = []
        for algorithm in chosen {
            key.algorithm = algorithm
            key.keyIdentifier = "key"
            do {
                let collection = JWTKeyCollection()
                try await collection.add(jwk: key)
                keys.append(SigningKey(id: id, algorithm: try await collection.getKey(), entry: name))
            } catch {
                throw Unusable(
                    reason: "it is not a complete public key of at least 2048 bits (RSA) or on its curve (EC)"
                )
            }
        }
        return keys
    }

    /// Without `alg`, a key may be used with every algorithm of its kind: the token's header says which.
    private static func algorithms(_ key: JWK, _ curve: String?) -> [JWK.Algorithm] {
        switch (key.keyType, curve) {
        case (.rsa, _): [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
        case (.ecdsa, "P-256"): [.es256]
        case (.ecdsa, "P-384"): [.es384]
        case (.ecdsa, "P-521"): [.es512]
        case (.octetKeyPair, "Ed25519"): [.eddsa]
        default: []
        }
    }
}
