import Foundation
import HTTPTypes
import HummingbirdTesting
import SalesRules
import Testing

@testable import Server

@Suite("The page and its files", .timeLimit(.minutes(1)))
struct PageTests {
    private func withPage(
        _ web: WebSettings = WebSettings(),
        log: RecordedLog = RecordedLog(),
        _ body: @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await withFixture([]) { fixture in
            try await fixture.application(web: web, logger: log.logger).test(.router) {
                try await body(APIClient(client: $0))
            }
        }
    }

    @Test("The full view and the widget are served without signing in", arguments: ["/", "/widget"])
    func pages(path: String) async throws {
        try await withPage { server in
            let answer = try await server.get(path, token: nil)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
            #expect(answer.text.lowercased().contains("<!doctype html>"))
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(try await server.get(path, token: nil, method: .head).status == 200)
        }
    }

    @Test(
        "A file that has not changed is not sent again",
        arguments: ["/", "/widget", "/assets/chart.js", "/assets/css/page.css", "/assets/views/app.js"]
    )
    func tags(path: String) async throws {
        let library = FileManager.default.temporaryDirectory.appending(path: "chart-\(UInt64.random(in: 0...(.max)))")
            .path
        try Data("chart()".utf8).write(to: URL(filePath: library))
        defer { try? FileManager.default.removeItem(atPath: library) }
        try await withPage(WebSettings(chartLibrary: library)) { server in
            let first = try await server.get(path, token: nil)
            let tag = try #require(first.headers[.eTag])
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count == 26)
            #expect(first.headers[.cacheControl] == "no-cache")
            for header in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let again = try await server.send(path, headers: [.ifNoneMatch: header])
                #expect(again.status == 304)
                #expect(again.text.isEmpty)
                #expect(again.headers[.eTag] == tag)
            }
            #expect(try await server.send(path, headers: [.ifNoneMatch: "\"x\""]).status == 200)
        }
    }

    @Test("By default the page loads only from this server, and no site may embed it")
    func policy() async throws {
        try await withPage { server in
            for path in ["/", "/widget"] {
                let answer = try await server.get(path, token: nil)
                #expect(
                    answer.headers[.contentSecurityPolicy]
                        == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                        + "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
                        + "frame-ancestors 'none'"
                )
                #expect(answer.headers[HTTPField.Name("X-Frame-Options")!] == "DENY")
            }
        }
    }

    @Test("Only the origins in the setting may embed the page")
    func ancestors() async throws {
        let crm = try #require(FrameAncestors("https://crm.example.com:8443,https://*.example.org"))
        try await withPage(WebSettings(frameAncestors: crm)) { server in
            let answer = try await server.get("/widget", token: nil)
            let policy = try #require(answer.headers[.contentSecurityPolicy])
            #expect(policy.hasSuffix("; frame-ancestors https://crm.example.com:8443 https://*.example.org"))
            #expect(answer.headers[HTTPField.Name("X-Frame-Options")!] == nil)
        }
    }

    @Test(
        "Text that is not an origin is refused",
        arguments: [
            "crm.example.com", "https://crm.example.com/", "https://crm.example.com; script-src *", "*", "https://",
            "https://a,javascript:x", "'self'", "https://a\r\nX: y", "https://*", "https://a.*.example.com",
        ]
    )
    func badOrigins(text: String) { #expect(FrameAncestors(text) == nil) }

    @Test("The chart library is a file of the system; without it the log names the package to install")
    func chartLibrary() async throws {
        let library = FileManager.default.temporaryDirectory.appending(path: "chart-\(UInt64.random(in: 0...(.max)))")
            .path
        try Data("chart()".utf8).write(to: URL(filePath: library))
        defer { try? FileManager.default.removeItem(atPath: library) }
        try await withPage(WebSettings(chartLibrary: library)) { server in
            let answer = try await server.get("/assets/chart.js", token: nil)
            #expect(answer.text == "chart()")
            #expect(answer.headers[.contentType] == "text/javascript; charset=utf-8")
        }
        let log = RecordedLog()
        try await withPage(WebSettings(chartLibrary: "/nowhere/chart.js"), log: log) { server in
            try expectProblem(try await server.get("/assets/chart.js", token: nil), 404)
        }
        #expect(log.text.contains("libjs-chart.js"))
    }

    @Test(
        "Only the page's own files are served",
        arguments: [
            "/assets/", "/assets/none.js", "/assets/index.html", "/assets/../index.html", "/assets/..%2Findex.html",
            "/assets/%2e%2e/Tokens.swift", "/assets//etc/passwd", "/assets/a/b.js",
        ]
    )
    func otherFiles(path: String) async throws {
        try await withPage { server in try expectProblem(try await server.get(path, token: nil), 404) }
    }

    @Test("A browser that opens an unknown page gets a page; programs, and the interface, get a problem document")
    func unknownPages() async throws {
        try await withPage { server in
            let browser: HTTPFields = [
                .accept: "text/html,application/xhtml+xml,*/*;q=0.8", .acceptLanguage: "nl-NL,nl",
            ]
            for path in ["/nothing", "/assets/none.js", "/Widget"] {
                let page = try await server.send(path, headers: browser)
                #expect(page.status == 404)
                #expect(page.headers[.contentType] == "text/html; charset=utf-8")
                #expect(page.headers[.contentSecurityPolicy] != nil)
                #expect(page.text.contains("Deze pagina bestaat niet") && page.text.contains(#"href="/""#))
                try expectProblem(try await server.send(path, headers: [.accept: "*/*"]), 404)
            }
            try expectProblem(try await server.send("/api/v1/nothing", headers: browser), 404)
            try expectProblem(try await server.send("/api/v1/targets", headers: browser), 401)
        }
    }
}
