internal import HTTPTypes
internal import Hummingbird

extension Router<Context> {
    /// Answers 405, and says in `Allow` what may be done, where a path is known and the method is not. To be called once
    /// every route is there.
    func refuseOtherMethods() {
        for routes in Dictionary(grouping: routes, by: \.path.description).values {
            let path = routes[0].path
            let methods = Set(routes.map(\.method))
            for method in Self.known.subtracting(methods) {
                on(path, method: method) { _, context -> Response in
                    throw Problem.methodNotAllowed(TargetWriteRoutes.methods(of: path, context) ?? methods)
                }
            }
        }
    }

    /// But HEAD, which the router makes from GET.
    private static var known: Set<HTTPRequest.Method> {
        [.get, .post, .put, .patch, .delete, .options, .trace, .query]
    }
}

extension HTTPRequest.Method {
    /// Safe, and with a body: proposed for HTTP, and tried by scanners already.
    fileprivate static let query = HTTPRequest.Method("QUERY")!
}

extension Problem {
    static func methodNotAllowed(_ allowed: Set<HTTPRequest.Method>) -> Problem {
        Problem(
            status: .methodNotAllowed,
            detail: "This cannot be done here.",
            headers: [
                .allow: allowed.union(allowed.contains(.get) ? [.head] : []).map(\.rawValue).sorted().joined(
                    separator: ", "
                )
            ]
        )
    }
}
