import ArgumentParser
import Foundation
import Logging
import Server
import ServiceLifecycle

/// How it is known who is asking.
struct SignInOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with the secret that tokens are signed with; SALESTARGETS_AUTH_SECRET has the secret itself.",
            valueName: "file"
        )
    )
    var authSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "A JWKS file, or the https address of one, for tokens that an identity provider signs.",
            valueName: "file|url"
        )
    )
    var authJwks: String?

    @Option(help: ArgumentHelp("Who signs in with a password; see salestargets account.", valueName: "file"))
    var accountsFile: String?

    var words: [String: String?] {
        ["auth-secret-file": authSecretFile, "auth-jwks": authJwks, "accounts-file": accountsFile]
    }
}

/// Browsers, and what stands between them and the server.
struct WebOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Origins that may show the page in a frame, as in https://crm.example.com (default: none).",
            valueName: "a,b"
        )
    )
    var frameAncestors: String?

    @Option(
        help: ArgumentHelp(
            "Proxies whose X-Forwarded-For is believed, as in 127.0.0.1,10.0.0.0/8 (default: none).",
            valueName: "a,b"
        )
    )
    var trustedProxies: String?

    @Option(
        help: ArgumentHelp(
            "true when browsers always come over TLS and no proxy says so by X-Forwarded-Proto (default: false).",
            valueName: "bool"
        )
    )
    var secureCookies: String?

    @Option(help: ArgumentHelp("Where Debian's libjs-chart.js is (default: where it installs it).", valueName: "file"))
    var chartLibrary: String?

    var words: [String: String?] {
        [
            "frame-ancestors": frameAncestors, "trusted-proxies": trustedProxies, "secure-cookies": secureCookies,
            "chart-library": chartLibrary,
        ]
    }
}

extension Settings {
    /// What checks tokens, and what has to run beside the server for that.
    struct SignIn {
        let verifier: TokenVerifier
        let services: [any Service]
    }

    func signIn(logger: Logger) async throws -> SignIn {
        let secret = try secret
        let accounts = text("accounts-file")
        guard secret != nil || !text("auth-jwks").isEmpty else {
            throw SettingsError(
                description: "there is nothing to check tokens with: give --auth-secret-file, SALESTARGETS_AUTH_SECRET "
                    + "or --auth-jwks"
            )
        }
        guard secret != nil || accounts.isEmpty else {
            throw SettingsError(
                description: "--accounts-file needs a secret that sessions are signed with: give --auth-secret-file or "
                    + "SALESTARGETS_AUTH_SECRET"
            )
        }
        let directory = try await naming("accounts-file") { path in
            path.isEmpty ? .empty : try await AccountDirectory(file: path, logger: logger)
        }
        let (provider, services) = try await provider(logger: logger)
        let verifier = try await TokenVerifier(secret: secret, provider: provider, accounts: directory)
        return SignIn(verifier: verifier, services: services)
    }

    private func provider(logger: Logger) async throws -> ((any IdentityKeys)?, [any Service]) {
        let source = text("auth-jwks")
        if source.isEmpty { return (nil, []) }
        guard source.contains("://") else {
            return (try await naming("auth-jwks") { try await KeyFile(path: $0, logger: logger) }, [])
        }
        guard let address = JWKSAddress(source) else {
            throw SettingsError(
                description: "--auth-jwks: \"\(source)\" is neither a file nor an https address (http is good on this "
                    + "machine only, because whoever can change the answer can sign tokens)"
            )
        }
        let keys = FetchedKeys(address, logger: logger)
        return (keys, [keys])
    }

    /// What `read` makes of a setting that is a file; its error names the setting and the file.
    private func naming<Value>(_ word: String, _ read: (String) async throws -> Value) async throws -> Value {
        do {
            return try await read(text(word))
        } catch {
            throw SettingsError(description: "--\(word): \(text(word)): \(error)")
        }
    }

    /// At least 32 bytes, so that it cannot be guessed from a token (RFC 7518, section 3.2); nil when there is none.
    var secret: [UInt8]? {
        get throws {
            let bytes: [UInt8]
            if let text = ProcessInfo.processInfo.environment["SALESTARGETS_AUTH_SECRET"] {
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
            guard secret.count >= 32 else {
                throw SettingsError(
                    description: "the secret for tokens has \(secret.count) bytes, and needs 32 or more"
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
                    "a list of origins, as in https://crm.example.com,https://*.example.org"
                ) { FrameAncestors($0) },
                trustedProxies: try value(
                    "trusted-proxies",
                    "a list of addresses and ranges, as in 127.0.0.1,10.0.0.0/8"
                ) { TrustedProxies($0) },
                isAlwaysSecure: try value("secure-cookies", "true or false") { Bool($0) },
                chartLibrary: library.isEmpty ? nil : library
            )
        }
    }
}
