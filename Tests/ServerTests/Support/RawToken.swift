import Foundation
import HTTPTypes
import JWTKit
import SalesRules

@testable import Server

/// Tokens made by hand, so that a test decides every byte of the header and the claims.
struct RawToken {
    private let algorithm: any JWTAlgorithm

    /// Signs with the fixture's secret, HS256.
    static func secret() async throws -> RawToken {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(ServerFixture.secret)), digestAlgorithm: .sha256)
        return RawToken(algorithm: try await keys.getKey())
    }

    static func key(_ key: ES256PrivateKey) async throws -> RawToken {
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key)
        return RawToken(algorithm: try await keys.getKey())
    }

    static func key(_ key: Insecure.RSA.PrivateKey, _ digest: DigestAlgorithm = .sha256) async throws -> RawToken {
        let keys = JWTKeyCollection()
        await keys.add(rsa: key, digestAlgorithm: digest)
        return RawToken(algorithm: try await keys.getKey())
    }

    /// A token with these texts as header and claims. The claims are completed to those of the manager u-boss.
    func token(header: String, _ claims: String = "") throws -> String {
        let start = Base64URL.text(Data(header.utf8)) + "." + Base64URL.text(Data(Self.complete(claims).utf8))
        return start + "." + Base64URL.text(Data(try algorithm.sign(Array(start.utf8))))
    }

    /// A token whose header names the algorithm that signs it.
    func token(_ claims: String = "", kid: String? = nil) throws -> String {
        let id = kid.map { #","kid":"\#($0)""# } ?? ""
        return try token(header: #"{"alg":"\#(algorithm.name)"\#(id)}"#, claims)
    }

    /// - Parameter claims: members of a JSON object; those with these names replace the usual ones.
    private static func complete(_ claims: String) -> String {
        let usual = [
            ("sub", #""u-boss""#), ("role", #""manager""#),
            ("exp", "\(Int(ServerFixture.now.timeIntervalSince1970) + 60)"),
        ]
        let missing = usual.filter { !claims.contains("\"\($0.0)\":") }.map { "\"\($0.0)\":\($0.1)" }
        return "{" + (missing + (claims.isEmpty ? [] : [claims])).joined(separator: ",") + "}"
    }
}

/// An RSA key of 2,048 bits that is used only in tests.
enum TestRSA {
    static func privateKey() throws -> Insecure.RSA.PrivateKey {
        try Insecure.RSA.PrivateKey(modulus: modulus, exponent: "AQAB", privateExponent: privateExponent)
    }

    static let modulus = """
        qcCpAmPVJGaZ4sNb4Se0w4HSmJeO5_SqhyJQuc_rwHzJ-wNa3lviY2riLqXdSVU-C_eu9TNLmpXkq1mmfQUJmPTuS8MOCecNItho81oOGTP6\
        JOf8MfCox-O8vayBZY3WFskm9l9YaZZyYz4lMmAYeYcasPsMnKWuo4kVHTMzBoJuwa2SIIxoP_dTne0uAq3RIT-lAWhToDTuwtOKs_COZK3f\
        cdHFkHmmgyboK9pyhi8TpUueQ1qKxVfQYzhvMrIjJOIAoszmbM5gYFOxaB7Oe88pRiZyuJ0pi-vmdinXAKjkFV6Wt3hqLgJKGNiJlhNS9fk_\
        MArOIyHKXWlJDIPbPQ
        """
    private static let privateExponent = """
        CsHLs_wRkKnzzHvmwaDbgpwidUr9YlONztxs0ymK3frKbd6rjnWyJeyrApu-JxyAvw9mBeHHQ7eF8xnORBPipM-4nhJxPE1o9rFSDUHCrPQv\
        QNF2mM-QUoJq_nYFCSNw0qbSkkA-gQpom0Nf5g5S3riiB18RUIfrRi-0p9ILxLi6pvmf-3STmYeQSvc7xr4LKiC6KepXHFWMCSpAya_Ztftu\
        NeM7NdK72ySatc5TW-UEIjqqKZSipo1mHhapC-yw36JUYF53KpqvU632msLdF0G5IP7KROdUqN24IRfKfBg7dKTSSVZVvyBJKweM_VCsBWXd\
        vjVWpy5BzDIhNd7QwQ
        """
}
