internal import Foundation
internal import JWTKit

/// The keys of a JWKS that sign tokens. Identity providers publish all their keys together: encryption keys and keys
/// of unknown kinds are left out.
enum SigningKeys {
    private struct KeySet: Decodable {
        let keys: [Key]
    }

    private struct Key: Decodable {
        let key: JWK?

        private enum CodingKeys: String, CodingKey { case use }

        init(from decoder: any Decoder) throws {
            let use = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .use)
            key = use == nil || use == "sig" ? try? JWK(from: decoder) : nil
        }
    }

    /// - Throws: ``TokenKeyError`` when no key is left.
    static func read(_ jwks: String) throws(TokenKeyError) -> [JWK] {
        guard let set = try? JSONDecoder().decode(KeySet.self, from: Data(jwks.utf8)) else {
            throw TokenKeyError(description: "the JWKS is not an object with a list of keys")
        }
        let keys = set.keys.compactMap(\.key).enumerated().compactMap { index, key in complete(key, index: index) }
        if keys.isEmpty { throw TokenKeyError(description: "the JWKS has no key that signs tokens") }
        return keys
    }

    /// Adds what JWTKit needs: an id, and an algorithm. For a key without an algorithm JWTKit keeps the one of the
    /// first token, even if its signature is wrong, so that a stranger could lock everyone out.
    private static func complete(_ key: JWK, index: Int) -> JWK? {
        var key = key
        key.keyIdentifier = key.keyIdentifier ?? JWKIdentifier(string: "key \(index + 1)")
        key.algorithm = key.algorithm ?? usualAlgorithm(of: key)
        return key.algorithm == nil ? nil : key
    }

    private static func usualAlgorithm(of key: JWK) -> JWK.Algorithm? {
        switch (key.keyType, key.curve?.rawValue) {
        case (.rsa, _): .rs256
        case (.ecdsa, "P-256"): .es256
        case (.ecdsa, "P-384"): .es384
        case (.ecdsa, "P-521"): .es512
        case (.octetKeyPair, _): .eddsa
        default: nil
        }
    }
}
