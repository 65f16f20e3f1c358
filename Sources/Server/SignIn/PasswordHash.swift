internal import Crypto
internal import CryptoExtras
internal import Foundation

/// What is kept of a password: its scrypt (RFC 7914), with a salt of its own and the parameters it was made with, so that
/// stronger ones can be chosen for new passwords at any time.
package struct PasswordHash: Sendable, Codable, Hashable {
    let strength: Strength
    private let salt: Data
    private let hash: Data

    /// How much work a guess is.
    package struct Strength: Sendable, Hashable {
        let n: Int
        let r: Int
        let p: Int

        /// One of the settings that OWASP's Password Storage Cheat Sheet holds to be equally strong. It needs the least
        /// memory of them, 32 MiB for each sign-in under way, which bounds what strangers can make a server use.
        package static let recommended = Strength(n: 1 << 15, r: 8, p: 3)

        /// - Parameters:
        ///   - n: the cost, a power of two.
        ///   - r: the block size.
        ///   - p: how often it is done.
        package init(n: Int, r: Int, p: Int) {
            self.n = n
            self.r = r
            self.p = p
        }

        var work: Int { n * r * p }

        /// Whether they are parameters of scrypt that a server can afford: at most 256 MiB.
        var isUsable: Bool {
            (2...1 << 20).contains(n) && n & (n - 1) == 0 && (1...32).contains(r) && (1...16).contains(p)
                && 128 * n * r <= 256 << 20
        }
    }

    /// The least a password has, in characters.
    package static let minimumCharacters = 10
    /// The most a password has, in bytes of UTF-8.
    package static let maximumBytes = 256

    /// Makes the hash of a password, for a fraction of a second: not on Swift's cooperative pool.
    package init(of password: String, strength: Strength = .recommended) throws {
        self.strength = strength
        salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        hash = try Self.derive(password, salt: salt, strength).withUnsafeBytes { Data($0) }
    }

    private init(strength: Strength, salt: Data, hash: Data) {
        self.strength = strength
        self.salt = salt
        self.hash = hash
    }

    /// One that no password matches, for the same work.
    static func unmatched(_ strength: Strength) -> PasswordHash {
        func random(_ count: Int) -> Data { Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }) }
        return PasswordHash(strength: strength, salt: random(16), hash: random(32))
    }

    /// Whether this is the password; takes as long as making the hash, whatever the answer.
    func matches(_ password: String) -> Bool {
        guard let key = try? Self.derive(password, salt: salt, strength) else { return false }
        // Keys are compared in constant time.
        return key == SymmetricKey(data: hash)
    }

    /// Texts that look the same are the same password, however a keyboard composes them (NIST SP 800-63B, 3.1.1.2).
    private static func derive(_ password: String, salt: Data, _ strength: Strength) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Data(password.precomposedStringWithCompatibilityMapping.utf8),
            salt: salt,
            outputByteCount: 32,
            rounds: strength.n,
            blockSize: strength.r,
            parallelism: strength.p
        )
    }

    private enum CodingKeys: String, CodingKey { case algorithm, n, r, p, salt, hash }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        strength = Strength(
            n: try container.decode(Int.self, forKey: .n),
            r: try container.decode(Int.self, forKey: .r),
            p: try container.decode(Int.self, forKey: .p)
        )
        salt = try container.decode(Data.self, forKey: .salt)
        hash = try container.decode(Data.self, forKey: .hash)
        guard try container.decode(String.self, forKey: .algorithm) == "scrypt", strength.isUsable,
            (4...64).contains(salt.count), hash.count == 32
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .algorithm,
                in: container,
                debugDescription: "this is not a scrypt hash of 32 bytes with parameters that can be used"
            )
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("scrypt", forKey: .algorithm)
        try container.encode(strength.n, forKey: .n)
        try container.encode(strength.r, forKey: .r)
        try container.encode(strength.p, forKey: .p)
        try container.encode(salt, forKey: .salt)
        try container.encode(hash, forKey: .hash)
    }
}
