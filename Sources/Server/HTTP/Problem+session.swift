internal import HTTPTypes

/// What can be wrong with signing in, and with a request of a browser.
extension Problem {
    /// The same whatever is wrong: whether there is such an account is nobody's business.
    static let wrongCredentials = Problem(
        status: .unauthorized,
        detail: "The username or the password is wrong, or the link is no longer good.",
        headers: [.wwwAuthenticate: "Bearer"]
    )
    static let foreignOrigin = Problem(
        status: .forbidden,
        detail: "This can be asked by this server's own page only, or with a bearer token."
    )
    static let noSignInHere = Problem(
        status: .notFound,
        detail: "Signing in is the identity provider's affair here: send its token as a bearer token."
    )
    static let busySigningIn = Problem(
        status: .serviceUnavailable,
        detail: "Too many people are signing in at this moment; try again in a few seconds.",
        headers: [.retryAfter: "3"]
    )

    static func tooManyAttempts(seconds: Int) -> Problem {
        Problem(
            status: .tooManyRequests,
            detail: "There were too many attempts to sign in; try again in \(seconds) seconds.",
            headers: [.retryAfter: "\(seconds)"]
        )
    }

    static func badSignIn(_ errors: [BadMember]) -> Problem {
        Problem(
            status: .badRequest,
            detail: "A JSON object with username and password is needed, or with a link.",
            errors: errors
        )
    }
}
