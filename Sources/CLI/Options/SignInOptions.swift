import ArgumentParser
import Foundation
import Logging
import Server
import ServiceLifecycle

/// How the server checks who sends a request.
struct SignInOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A file with the secret that signs tokens and sessions, \(Settings.minimumSecretBytes) bytes or more. \
            Without the flag SALESTARGETS_AUTH_SECRET, the secret itself, is used first (default: none).
            """,
            valueName: "file"
        )
    )
    var authSecretFile: String?

    @Option(
        help: ArgumentHelp(
            """
            The keys of an identity provider that signs tokens: a JWKS file, or the https address of one \
            (default: none).
            """,
            valueName: "file|url"
        )
    )
    var authJwks: String?

    @Option(
        help: ArgumentHelp(
            "The file of accounts that sign in with a password; see `salestargets account` (default: none).",
            valueName: "file"
        )
    )
    var accountsFile: String?

    @Option(
        help: ArgumentHelp(
            "The issuers whose tokens are accepted with --auth-jwks, as in the claim iss (default: any).",
            valueName: "a,b"
        )
    )
    var authIssuer: String?

    @Option(
        help: ArgumentHelp(
            """
            With --auth-jwks, a token must be for one of these audiences, as in the claim aud (default: any). An \
            identity provider signs tokens for other programs with the same keys: set it.
            """,
            valueName: "a,b"
        )
    )
    var authAudience: String?

    @Option(
        help: ArgumentHelp(
            """
            The claim with the person's id in tokens of an identity provider; dots lead into objects \
            (default: \(Settings.defaultText("auth-person-claim"))).
            """,
            valueName: "claim"
        )
    )
    var authPersonClaim: String?

    @Option(
        help: ArgumentHelp(
            """
            The claim with the role, a text or a list, for example realm_access.roles \
            (default: \(Settings.defaultText("auth-role-claim"))).
            """,
            valueName: "claim"
        )
    )
    var authRoleClaim: String?

    @Option(
        help: ArgumentHelp(
            """
            What the identity provider calls the roles, for example crm-admins=manager,staff=salesperson \
            (default: manager, salesperson and ingest).
            """,
            valueName: "a=role,…"
        )
    )
    var authRoles: String?

    var words: [String: String?] {
        [
            "auth-secret-file": authSecretFile, "auth-jwks": authJwks, "accounts-file": accountsFile,
            "auth-issuer": authIssuer, "auth-audience": authAudience, "auth-person-claim": authPersonClaim,
            "auth-role-claim": authRoleClaim, "auth-roles": authRoles,
        ]
    }
}

/// What the server has to know about browsers and about proxies before it.
struct WebOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Origins that may show the page in a frame, for example https://crm.example.com (default: none).",
            valueName: "a,b"
        )
    )
    var frameAncestors: String?

    @Option(
        help: ArgumentHelp(
            "Proxies whose X-Forwarded-For is trusted, for example 127.0.0.1,10.0.0.0/8 (default: none).",
            valueName: "a,b"
        )
    )
    var trustedProxies: String?

    @Option(
        help: ArgumentHelp(
            """
            true if browsers always use TLS, but no proxy sets X-Forwarded-Proto \
            (default: \(Settings.defaultText("secure-cookies"))).
            """,
            valueName: "bool"
        )
    )
    var secureCookies: String?

    @Option(
        help: ArgumentHelp(
            """
            The file chart.min.js of Debian's package libjs-chart.js. Without it the page shows tables \
            (default: \(Settings.defaultText("chart-library"))).
            """,
            valueName: "file"
        )
    )
    var chartLibrary: String?

    var words: [String: String?] {
        [
            "frame-ancestors": frameAncestors, "trusted-proxies": trustedProxies, "secure-cookies": secureCookies,
            "chart-library": chartLibrary,
        ]
    }
}

extension Settings {
    /// The verifier of tokens, and the services that it needs beside the server.
    struct SignIn {
        let verifier: TokenVerifier
        let services: [any Service]
    }

    func signIn(logger: Logger) async throws -> SignIn {
        let secret = try secret
        let accounts = text("accounts-file")
        guard secret != nil || !text("auth-jwks").isEmpty else {
            throw SettingsError(
                description: "the server cannot check tokens: give --auth-secret-file, SALESTARGETS_AUTH_SECRET or "
                    + "--auth-jwks"
            )
        }
        guard secret != nil || accounts.isEmpty else {
            throw SettingsError(
                description: "--accounts-file needs a secret that signs sessions: give --auth-secret-file or "
                    + "SALESTARGETS_AUTH_SECRET"
            )
        }
        let directory = try await naming("accounts-file") { path in
            path.isEmpty ? .empty : try await AccountDirectory(file: path, logger: logger)
        }
        let (provider, services) = try await provider(logger: logger)
        let verifier = try await TokenVerifier(
            secret: secret,
            provider: provider,
            rules: try providerRules,
            accounts: directory
        )
        return SignIn(verifier: verifier, services: services)
    }

    private var providerRules: ProviderRules {
        get throws {
            func words(_ word: String) -> [String] {
                text(word).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            }
            let roles = try words("auth-roles").map { pair in
                guard let mark = pair.lastIndex(of: "="), let role = Role(rawValue: String(pair[mark...].dropFirst())),
                    mark > pair.startIndex
                else {
                    throw SettingsError(
                        description: "--auth-roles: \"\(pair)\" is not a name and a role, for example "
                            + "crm-admins=manager; the roles are manager, salesperson and ingest"
                    )
                }
                return (String(pair[..<mark]), role)
            }
            return ProviderRules(
                names: ClaimNames(
                    person: text("auth-person-claim"),
                    role: text("auth-role-claim"),
                    roles: Dictionary(roles) { $1 }
                ),
                issuers: Set(words("auth-issuer")),
                audiences: Set(words("auth-audience"))
            )
        }
    }

    private func provider(logger: Logger) async throws -> ((any IdentityKeys)?, [any Service]) {
        let source = text("auth-jwks")
        if source.isEmpty { return (nil, []) }
        guard source.contains("://") else {
            return (try await naming("auth-jwks") { try await KeyFile(path: $0, logger: logger) }, [])
        }
        guard let address = JWKSAddress(source) else {
            throw SettingsError(
                description: "--auth-jwks: \"\(source)\" is not an https address; http is accepted "
                    + "only for this machine, because anyone who can change the response can sign tokens"
            )
        }
        let keys = FetchedKeys(address, logger: logger)
        return (keys, [keys])
    }

    /// Reads the file that a setting names; an error names the setting and the file.
    private func naming<Value>(_ word: String, _ read: (String) async throws -> Value) async throws -> Value {
        do {
            return try await read(text(word))
        } catch {
            throw SettingsError(description: "--\(word): \(text(word)): \(error)")
        }
    }

    /// An HS256 key must be at least as long as its hash (RFC 7518, section 3.2), or it could be guessed from a token.
    static let minimumSecretBytes = 32

    /// The secret that signs tokens, without line ends at its end; nil if none was given.
    var secret: [UInt8]? {
        get throws {
            let bytes: [UInt8]
            if let text = secretInEnvironment {
                bytes = Array(text.utf8)
            } else if case let path = text("auth-secret-file"), !path.isEmpty {
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw SettingsError(description: "--auth-secret-file: \(path) cannot be read")
                }
                bytes = Array(data)
            } else {
                return nil
            }
            let secret = bytes.reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed()
            guard secret.count >= Self.minimumSecretBytes else {
                throw SettingsError(
                    description: "the secret has \(secret.count) bytes; it needs \(Self.minimumSecretBytes) or more"
                )
            }
            return Array(secret)
        }
    }

    var web: WebSettings {
        get throws {
            let library = text("chart-library")
            return WebSettings(
                frameAncestors: try value(
                    "frame-ancestors",
                    "a list of origins, for example https://crm.example.com,https://*.example.org"
                ) { _ in FrameAncestors(try list("frame-ancestors").joined(separator: ",")) },
                trustedProxies: try value(
                    "trusted-proxies",
                    "a list of addresses and ranges, for example 127.0.0.1,10.0.0.0/8"
                ) { _ in TrustedProxies(try list("trusted-proxies").joined(separator: ",")) },
                isAlwaysSecure: try value("secure-cookies", "true or false") { Bool($0) },
                chartLibrary: library.isEmpty ? nil : library
            )
        }
    }
}
