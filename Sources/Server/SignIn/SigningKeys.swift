internal import Foundation
internal import JWTKit

/// The keys of a JWKS that sign tokens; those that only encrypt, or are of a kind not known here, are left out, as
/// identity providers publish all of theirs together.
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

    /// - Throws: ``TokenKeyError`` when there is none.
    static func read(_ jwks: String) throws(TokenKeyError) -> [JWK] {
        guard let set = try? JSONDecoder().decode(KeySet.self, from: Data(jwks.utf8)) else {
            throw TokenKeyError(description: "the JWKS is not an object with a list of keys")
        }
        let keys = set.keys.compactMap(\.key).enumerated().compactMap { place, key in complete(key, place: place) }
        if keys.isEmpty { throw TokenKeyError(description: "the JWKS has no key that signs tokens") }
        return keys
    }

    /// JWTKit wants an id for every key. And it lets the first token that comes decide for good which algorithm a key
    /// without one is used with, even if its signature is wrong: so that a stranger could lock everyone out.
    private static func complete(_ key: JWK, place: Int) -> JWK? {
        var key = key
        key.keyIdentifier = key.keyIdentifier ?? JWKIdentifier(string: "key \(place + 1)")
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
