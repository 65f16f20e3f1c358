internal import Crypto
internal import CryptoExtras
internal import Foundation

/// The scrypt hash of a password (RFC 7914), with its salt and its parameters, so that new passwords can use stronger
/// parameters.
package struct PasswordHash: Sendable, Codable, Hashable {
    let strength: Strength
    private let salt: Data
    private let hash: Data

    /// The parameters of scrypt: how much work one guess takes.
    package struct Strength: Sendable, Hashable {
        let n: Int
        let r: Int
        let p: Int

        /// One of the settings that OWASP's Password Storage Cheat Sheet considers equally strong. It needs only 32 MiB
        /// for each check, which limits the memory that strangers can make a server use.
        package static let recommended = Strength(n: 1 << 15, r: 8, p: 3)

        /// - Parameters:
        ///   - n: the cost, a power of two.
        ///   - r: the block size.
        ///   - p: the parallelization parameter, which multiplies the work.
        package init(n: Int, r: Int, p: Int) {
            self.n = n
            self.r = r
            self.p = p
        }

        var work: Int { n * r * p }

        /// Whether these are valid parameters of scrypt that need at most 256 MiB.
        var isUsable: Bool {
            (2...1 << 20).contains(n) && n & (n - 1) == 0 && (1...32).contains(r) && (1...16).contains(p)
                && 128 * n * r <= 256 << 20
        }
    }

    /// The shortest password, in characters.
    package static let minimumCharacters = 10
    /// The longest password, in bytes of UTF-8.
    package static let maximumBytes = 256

    /// Hashes a password. Blocks for a fraction of a second: do not call it on Swift's cooperative thread pool.
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

    /// A hash that no password matches; checking it takes the same work.
    static func unmatched(_ strength: Strength) -> PasswordHash {
        func random(_ count: Int) -> Data { Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }) }
        return PasswordHash(strength: strength, salt: random(16), hash: random(32))
    }

    /// Whether this is the password; takes as long as hashing, whatever the answer.
    func matches(_ password: String) -> Bool {
        guard let key = try? Self.derive(password, salt: salt, strength) else { return false }
        // SymmetricKey compares in constant time.
        return key == SymmetricKey(data: hash)
    }

    /// A short text that is different for each hash. It does not help to guess the password: the salt is secret too.
    func stamp(with number: Int64) -> String {
        let digest = SHA256.hash(data: salt + hash + Data("\(number)".utf8))
        return Base64URL.text(Data(digest.prefix(16)))
    }

    /// Normalizes the password (NFKC): keyboards encode the same text differently (NIST SP 800-63B, 3.1.1.2).
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
                debugDescription: "not a scrypt hash of 32 bytes with usable parameters"
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
