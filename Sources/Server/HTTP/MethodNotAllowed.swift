internal import HTTPTypes
internal import Hummingbird

extension Router<Context> {
    /// Answers 405 with the header `Allow` when a path exists but not for this method. Call this after all routes are
    /// added.
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

    /// Without HEAD: the router adds it for every GET.
    private static var known: Set<HTTPRequest.Method> {
        [.get, .post, .put, .patch, .delete, .options, .trace, .query]
    }
}

extension HTTPRequest.Method {
    /// A proposed method, safe and with a body; scanners already send it.
    fileprivate static let query = HTTPRequest.Method("QUERY")!
}

extension Problem {
    static func methodNotAllowed(_ allowed: Set<HTTPRequest.Method>) -> Problem {
        Problem(
            status: .methodNotAllowed,
            detail: "This path does not support this method.",
            headers: [
                .allow: allowed.union(allowed.contains(.get) ? [.head] : []).map(\.rawValue).sorted().joined(
                    separator: ", "
                )
            ]
        )
    }
}
