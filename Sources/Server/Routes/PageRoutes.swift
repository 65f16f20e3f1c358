internal import Crypto
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// The web page: its files, and the chart library that the system has; and the API's own description. Needs no sign-in:
/// nothing of it is anyone's.
struct PageRoutes: Sendable {
    private let files: [String: PageFile]
    private let policy: HTTPFields

    /// - Throws: what reading the page's files throws: they are a part of the program.
    init(_ web: WebSettings, logger: Logger) throws {
        var files = try PageFile.all()
        if let path = web.chartLibrary {
            if let bytes = FileManager.default.contents(atPath: path) {
                files["chart.js"] = PageFile(bytes, type: "text/javascript; charset=utf-8")
            } else {
                logger.warning(
                    "the chart library is not there, and the page shows tables: apt-get install libjs-chart.js",
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

    /// Nothing but this server's own files and answers, so that text that found its way into the page stays text.
    private static func policy(_ ancestors: FrameAncestors) -> HTTPFields {
        let framing = ancestors.origins.isEmpty ? "'none'" : ancestors.origins.joined(separator: " ")
        var headers: HTTPFields = [
            .contentSecurityPolicy: """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
            font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors \(framing)
            """,
            // Addresses may hold what is searched for.
            .referrerPolicy: "same-origin",
        ]
        // For browsers that do not know frame-ancestors; there is no word in it for other origins.
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

    /// Those that are part of the program, by their paths in the folder `Page`.
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

    /// By the ends of names; what is not among them is not served.
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
