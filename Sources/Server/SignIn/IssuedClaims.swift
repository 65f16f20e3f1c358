internal import Foundation
internal import JWTKit
internal import SalesRules

/// The claims of a token that this program signs.
struct IssuedClaims: JWTPayload {
    static let linkAudience = "salestargets-link"
    static let sessionAudience = "salestargets-session"

    var sub: String
    var role: String
    var exp: Int64
    var iat: Int64?
    var tenant: String?
    var name: String?
    var aud: String?
    /// Different in each link.
    var jti: String?
    /// The id of a session.
    var sid: String?
    /// The username of the account that a session began with, and what the account was then.
    var account: String?
    var accountStamp: String?

    init(_ subject: String, _ role: Role, tenant: Identifier?, name: String?, end: Date) {
        sub = subject
        self.role = role.rawValue
        exp = Int64(end.timeIntervalSince1970.rounded(.down))
        self.tenant = tenant?.rawValue
        self.name = name
    }

    init(_ viewer: Viewer, end: Date) {
        let name = viewer.name.isEmpty ? nil : viewer.name
        self.init(viewer.id.rawValue, viewer.role, tenant: viewer.tenant, name: name, end: end)
    }

    /// Checks nothing: ``TokenVerifier`` does.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
