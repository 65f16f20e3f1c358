internal import Crypto
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Serves the page's files, the chart library of the system and the description of the interface. They need no sign-in:
/// they contain no tenant's data.
struct PageRoutes: Sendable {
    private let files: [String: PageFile]
    private let policy: HTTPFields

    /// - Throws: when the page's files cannot be read from the program's resources.
    init(_ web: WebSettings, logger: Logger) throws {
        var files = try PageFile.all()
        if let path = web.chartLibrary {
            if let bytes = FileManager.default.contents(atPath: path) {
                files["chart.js"] = PageFile(bytes, type: "text/javascript; charset=utf-8")
            } else {
                logger.warning(
                    "no chart library, so the page shows tables; to install it: apt-get install libjs-chart.js",
                    metadata: ["file": "\(path)"]
                )
            }
        }
        self.files = files
        policy = Self.policy(web.frameAncestors)
    }

    func add(to router: Router<Context>) {
        router.get("/") { request, _ in try file("index.html", request) }
        router.get("openapi.json") { request, _ in try file("openapi.json", request) }
        router.get("widget") { request, _ in try file("widget.html", request) }
        router.get("assets/**") { request, context in
            let path = context.parameters.getCatchAll().joined(separator: "/")
            guard ![".html", ".json"].contains(where: path.hasSuffix) else { throw Problem.notFound("such file") }
            return try file(path, request)
        }
    }

    private func file(_ name: String, _ request: Request) throws -> Response {
        guard let file = files[name] else { throw Problem.notFound("such file") }
        var headers = policy
        headers[.eTag] = file.tag
        headers[.cacheControl] = "no-cache"
        if request.headers[.ifNoneMatch].map({ $0 == "*" || $0.contains(file.tag) }) ?? false {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: file.bytes))
    }

    /// Allows only this server's own files and answers, so that text injected into the page cannot run as a script.
    private static func policy(_ ancestors: FrameAncestors) -> HTTPFields {
        let allowedAncestors = ancestors.origins.isEmpty ? "'none'" : ancestors.origins.joined(separator: " ")
        var headers: HTTPFields = [
            .contentSecurityPolicy: """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
            font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors \(allowedAncestors)
            """,
            // The page's addresses may contain search terms.
            .referrerPolicy: "same-origin",
        ]
        // For browsers without frame-ancestors. This header cannot name other origins.
        if ancestors.origins.isEmpty { headers[.frameOptions] = "DENY" }
        return headers
    }
}

/// A file of the page, in memory.
private struct PageFile: Sendable {
    let bytes: ByteBuffer
    let type: String
    /// The `ETag`.
    let tag: String

    init(_ data: Data, type: String) {
        bytes = ByteBuffer(bytes: data)
        self.type = type
        tag =
            "\""
            + SHA256.hash(data: data).prefix(12).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined() + "\""
    }

    /// All files in the program's resources, by their paths in the folder `Page`.
    static func all() throws -> [String: PageFile] {
        let bundle = Bundle.module.bundleURL
        let folder = bundle.appendingPathComponent("Page")
        var files: [String: PageFile] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            try add(path, at: folder.appendingPathComponent(path), to: &files)
        }
        try add("openapi.json", at: bundle.appendingPathComponent("openapi.json"), to: &files)
        return files
    }

    private static func add(_ path: String, at url: URL, to files: inout [String: PageFile]) throws {
        guard let type = types[url.pathExtension] else { return }
        files[path] = PageFile(try Data(contentsOf: url), type: type)
    }

    /// By file extension; other files are not served.
    private static let types = [
        "html": "text/html; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "json": "application/json",
        "svg": "image/svg+xml",
        "png": "image/png",
        "ico": "image/x-icon",
        "woff2": "font/woff2",
    ]
}

extension HTTPField.Name {
    fileprivate static let frameOptions = HTTPField.Name("X-Frame-Options")!
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
