internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// A problem as a page, for a person who opened an address that is not there.
enum ProblemPage {
    /// Whether the request is one of a browser for a page, not of a program or of the page's own code.
    static func isWanted(_ request: Request) -> Bool {
        guard [.get, .head].contains(request.method), !request.uri.path.hasPrefix("/api/") else { return false }
        return request.headers[values: .accept].contains { $0.lowercased().contains("text/html") }
    }

    static func response(_ problem: Problem, _ request: Request) -> Response {
        let isDutch = request.headers[.acceptLanguage]?.lowercased().hasPrefix("nl") ?? false
        let isMissing = problem.status == .notFound
        let title =
            switch (isMissing, isDutch) {
            case (true, true): "Deze pagina bestaat niet"
            case (true, false): "There is no such page"
            case (false, true): "Deze pagina kan niet worden getoond"
            case (false, false): "This page cannot be shown"
            }
        let back = isDutch ? "Naar de verkoopdoelen" : "To the sales targets"
        // Nothing of the request is in the page.
        let page = """
            <!doctype html>
            <html lang="\(isDutch ? "nl" : "en")">
            <meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(title)</title>
            <h1>\(title)</h1>
            <p>\(problem.status.code)</p>
            <p><a href="/">\(back)</a></p>
            </html>

            """
        var headers = problem.headers
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
        return Response(status: problem.status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: page)))
    }
}
