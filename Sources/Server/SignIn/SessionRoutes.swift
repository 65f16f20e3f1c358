internal import Events
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import SalesRules

/// Signing in and out.
struct SessionRoutes: Sendable {
    private let verifier: TokenVerifier
    private let defaultTenant: Identifier
    private let web: WebSettings
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let refusals: RefusalLog
    private let passwords: PasswordCheck
    private let limits = SignInLimits()

    init(
        verifier: TokenVerifier,
        defaultTenant: Identifier,
        web: WebSettings,
        now: @escaping @Sendable () -> Date,
        refusals: RefusalLog,
        logger: Logger
    ) {
        self.refusals = refusals
        self.verifier = verifier
        self.defaultTenant = defaultTenant
        self.web = web
        self.now = now
        self.logger = logger
        passwords = PasswordCheck(verifier.accounts)
    }

    func add(to router: Router<Context>) {
        router.post("api/v1/session") { request, context in try await signIn(request, context) }
        router.delete("api/v1/session") { request, _ in try signOut(request) }
    }

    private func signIn(_ request: Request, _ context: Context) async throws -> Response {
        guard RequestOrigin(request: request).isOwn else { throw Problem.foreignOrigin }
        guard let signer = verifier.signer else { throw Problem.signInDisabled }
        let body = try await SignInBody.read(request)
        let address = web.trustedProxies.client(
            peer: ClientAddress(context.peer),
            forwardedFor: request.headers[values: .forwardedFor]
        )
        let now = now()
        let (viewer, account) = try await person(body, from: address, now: now)
        let session = try await signer.session(for: viewer, account: account, now: now)
        logger.info("signed in", metadata: ["person": "\(viewer.tenant)/\(viewer.id)", "address": "\(name(address))"])
        var response = Response.json { json in
            json.member("token", session.token)
            json.member("expiresAt", session.end.ISO8601Format())
        }
        response.headers[.setCookie] = SessionCookie(for: request, web)
            .begin(session.token, seconds: Int(TokenSigner.sessionSeconds))
        return response
    }

    /// The person who signs in, and their account; no account for a link.
    private func person(
        _ body: SignInBody,
        from address: ClientAddress?,
        now: Date
    ) async throws -> (Viewer, Account?) {
        let attempt: SignInLimits.Attempt
        do throws(Problem) {
            attempt = try limits.attempt(from: address, at: body.username.flatMap { Username($0) }, now: now)
        } catch {
            logger.warning("too many attempts to sign in", metadata: ["address": "\(name(address))"])
            throw error
        }
        let found: (Viewer, Account?)?
        switch body {
        case .password(let username, let password):
            found = try await passwords.account(username, password).map { ($0.viewer, $0) }
        case .link(let link):
            found = await viewer(of: link, now: now).map { ($0, nil) }
        }
        guard let found else {
            // Without the username: people sometimes type their password there.
            logger.notice("a sign-in was refused", metadata: ["address": "\(name(address))"])
            throw Problem.wrongCredentials
        }
        limits.succeeded(attempt)
        return found
    }

    private func viewer(of link: String, now: Date) async -> Viewer? {
        do throws(TokenRefusal) {
            return try await verifier.viewer(ofLink: link, defaultTenant: defaultTenant, now: now)
        } catch {
            refusals.add(error, path: "/api/v1/session")
            return nil
        }
    }

    private func signOut(_ request: Request) throws -> Response {
        guard RequestOrigin(request: request).isOwn else { throw Problem.foreignOrigin }
        return Response(status: .noContent, headers: [.setCookie: SessionCookie(for: request, web).end])
    }

    private func name(_ address: ClientAddress?) -> String { address?.description ?? "unknown" }
}

/// The body of a sign-in.
private enum SignInBody {
    case password(username: String, String)
    case link(String)

    private static let maximumBytes = 16_384

    private struct Members: Decodable {
        var username: String?
        var password: String?
        var link: String?
    }

    var username: String? {
        if case .password(let username, _) = self { username } else { nil }
    }

    static func read(_ request: Request) async throws -> SignInBody {
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: maximumBytes)
        } catch is NIOTooManyBytesError {
            throw Problem(status: .contentTooLarge, detail: "The body is larger than \(maximumBytes) bytes.")
        }
        let members: Members
        do {
            members = try JSONDecoder().decode(Members.self, from: Data(bytes.readableBytesView))
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            throw Problem.invalidSignIn([.init(member: context.codingPath[0].stringValue, reason: "is not a text")])
        } catch {
            throw Problem.invalidSignIn([])
        }
        switch (members.link, members.username, members.password) {
        case (let link?, nil, nil): return .link(link)
        case (nil, let username?, let password?):
            guard username.utf8.count <= Identifier.maximumLength, password.utf8.count <= PasswordHash.maximumBytes
            else { throw Problem.wrongCredentials }
            return .password(username: username, password)
        case (nil, nil, _?): throw Problem.invalidSignIn([.init(member: "username", reason: "is missing")])
        case (nil, _?, nil): throw Problem.invalidSignIn([.init(member: "password", reason: "is missing")])
        case (nil, nil, nil), (_?, _, _): throw Problem.invalidSignIn([])
        }
    }
}
