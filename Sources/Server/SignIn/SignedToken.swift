internal import Crypto
internal import Foundation
internal import JWTKit

/// Why a token is not accepted, for the log. The answer to the client does not say it.
struct TokenRefusal: Error, Hashable {
    /// One of a few sentences: it never quotes the token.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A JWT in compact form (RFC 7515), taken apart; nothing in it is verified yet.
package struct SignedToken: Sendable {
    /// The algorithm that the header names.
    let algorithm: String
    /// The id of the key, from the header; nil for none.
    let keyID: String?
    /// What the signature signs.
    let signed: [UInt8]
    private let claims: Data
    private let signature: Data

    static let maximumLength = 8_192

    /// - Throws: when the token is too long, malformed, or needs an extension that the server does not know.
    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.maximumLength else { throw TokenRefusal("the token is too long") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw TokenRefusal("the token does not have three parts") }
        guard let header = Base64URL.data(String(parts[0])), let claims = Base64URL.data(String(parts[1])),
            let signature = Base64URL.data(String(parts[2]))
        else { throw TokenRefusal("a part of the token is not base64url") }
        guard let members = try? JSONDecoder().decode([String: ClaimValue].self, from: header) else {
            throw TokenRefusal("the token's header is not a JSON object")
        }
        // RFC 7515, section 4.1.11: the server knows no extensions.
        guard members["crit"] == nil else { throw TokenRefusal("the token's header has crit") }
        guard case .text(let algorithm)? = members["alg"] else {
            throw TokenRefusal("the token's header does not name an algorithm")
        }
        switch members["kid"] {
        case .text(let id): keyID = id
        case nil, .null: keyID = nil
        default: throw TokenRefusal("the token's kid is not a text")
        }
        self.algorithm = algorithm
        self.claims = claims
        self.signature = signature
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// Whether a key made the signature, with the algorithm that the header names.
    func isSigned(by key: any JWTAlgorithm) -> Bool {
        key.name == algorithm && (try? key.verify(signature, signs: signed)) == true
    }

    /// An id of what was signed: two texts of one token have the same.
    var id: String { Base64URL.text(Data(SHA256.hash(data: signed).prefix(16))) }

    /// The claims; call it only after the signature is verified.
    func readClaims() throws(TokenRefusal) -> TokenClaims { try TokenClaims(json: claims) }
}
