internal import Events
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Redis
internal import SalesRules

/// Signing in and out.
struct SessionRoutes: Sendable {
    private let authenticator: Authenticator
    private let web: WebSettings
    private let logger: Logger
    private let refusals: RefusalLog
    private let passwords: PasswordCheck
    private let limits = SignInLimits()

    init(
        authenticator: Authenticator,
        web: WebSettings,
        refusals: RefusalLog,
        logger: Logger
    ) {
        self.refusals = refusals
        self.authenticator = authenticator
        self.web = web
        self.logger = logger
        passwords = PasswordCheck(authenticator.verifier.accounts)
    }

    func add(to router: Router<Context>) {
        router.post("api/v1/session") { request, context in try await signIn(request, context) }
        router.delete("api/v1/session") { request, _ in try await signOut(request) }
    }

    private func signIn(_ request: Request, _ context: Context) async throws -> Response {
        guard RequestOrigin(request: request).isOwn else { throw Problem.foreignOrigin }
        guard let signer = authenticator.verifier.signer else { throw Problem.signInDisabled }
        let body = try await SignInBody.read(request)
        let address = web.trustedProxies.client(
            peer: ClientAddress(context.peer),
            forwardedFor: request.headers[values: .forwardedFor]
        )
        let (viewer, account) = try await person(body, request, from: address)
        let session = try await signer.session(for: viewer, account: account, now: authenticator.now())
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
        _ request: Request,
        from address: ClientAddress?
    ) async throws -> (Viewer, Account?) {
        let attempt: SignInLimits.Attempt
        do throws(Problem) {
            attempt = try limits.attempt(from: address, at: body.username.flatMap { Username($0) }, now: .now)
        } catch {
            logger.warning("too many attempts to sign in", metadata: ["address": "\(name(address))"])
            throw error
        }
        let found: (Viewer, Account?)?
        switch body {
        case .password(let username, let password):
            do throws(Problem) {
                try await passwords.begin(isKnown: await isKnown(attempt, request))
            } catch {
                // Nothing was tried.
                limits.undo(attempt)
                throw error
            }
            found = try await passwords.account(username, password).map { ($0.viewer, $0) }
        case .link(let link): found = try await viewer(of: link).map { ($0, nil) }
        }
        guard let found else {
            // Without the username: people sometimes type their password there.
            logger.notice("a sign-in was refused", metadata: ["address": "\(name(address))"])
            throw Problem.wrongCredentials
        }
        limits.succeeded(attempt)
        return found
    }

    /// Whether people have signed in from there before: then they go before strangers, who may be a flood.
    private func isKnown(_ attempt: SignInLimits.Attempt, _ request: Request) async -> Bool {
        if attempt.isKnown { return true }
        guard let session = SessionCookie.session(of: request) else { return false }
        return (try? await authenticator.viewer(of: session)) != nil
    }

    /// The viewer of a link that is used for the first time.
    private func viewer(of link: String) async throws -> Viewer? {
        let now = authenticator.now()
        let token: SignedToken
        let viewer: Viewer
        do throws(TokenRefusal) {
            token = try SignedToken(link)
            let tenant = authenticator.defaultTenant
            viewer = try authenticator.verifier.viewer(ofLink: token, defaultTenant: tenant, now: now)
        } catch {
            refusals.add(error, path: "/api/v1/session")
            return nil
        }
        do throws(RedisError) {
            if try await authenticator.ended.use(link: token.id, expires: viewer.expires, now: now) { return viewer }
        } catch {
            logger.warning("a link cannot be checked", metadata: ["error": "\(error)"])
            throw Problem.linkNotChecked
        }
        refusals.add(TokenRefusal("the link was used before"), path: "/api/v1/session")
        return nil
    }

    private func signOut(_ request: Request) async throws -> Response {
        guard RequestOrigin(request: request).isOwn else { throw Problem.foreignOrigin }
        let cookie = SessionCookie(for: request, web).end
        let tokens = [AuthenticationMiddleware.bearer(of: request), SessionCookie.session(of: request)]
        for token in tokens.compactMap(\.self) {
            // A token that is not valid any more needs no end.
            guard let viewer = try? await authenticator.viewer(of: token), let session = viewer.session else {
                continue
            }
            do throws(RedisError) {
                try await authenticator.ended.end(session.id, expires: viewer.expires, now: authenticator.now())
            } catch {
                logger.warning("a session was not ended on all servers", metadata: ["error": "\(error)"])
                throw Problem.notSignedOutEverywhere(cookie)
            }
        }
        return Response(status: .noContent, headers: [.setCookie: cookie])
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
