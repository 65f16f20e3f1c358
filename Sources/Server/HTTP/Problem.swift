internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Log
internal import NIOCore

/// A request that cannot be answered as asked, as `application/problem+json` (RFC 9457).
struct Problem: Error {
    let status: HTTPResponse.Status
    let detail: String
    /// The members, of the query or the body, that are not right.
    let errors: [BadMember]
    let headers: HTTPFields

    struct BadMember {
        let member: String
        let reason: String
    }

    static let unauthorized = Problem(
        status: .unauthorized,
        detail: "A valid bearer token or session is needed.",
        headers: [.wwwAuthenticate: "Bearer"]
    )
    static let forbidden = Problem(status: .forbidden, detail: "This is not yours to see.")

    static let managersOnly = Problem(status: .forbidden, detail: "Only a manager may change this.")

    static func notFound(_ what: String) -> Problem {
        Problem(status: .notFound, detail: "There is no \(what).")
    }

    static func badQuery(_ errors: [BadMember]) -> Problem {
        Problem(status: .badRequest, detail: "The query cannot be used.", errors: errors)
    }

    /// What came of reading the numbers.
    init(_ error: LedgerError) {
        if error.isTemporary {
            self.init(
                status: .serviceUnavailable,
                detail: "The numbers cannot be read just now; try again in a moment.",
                headers: [.retryAfter: "1"]
            )
        } else {
            self.init(status: .internalServerError, detail: "The numbers cannot be read; the server's log says why.")
        }
    }

    /// What came of writing to the log.
    init(_ error: LogError) {
        if error.isTooLarge {
            self.init(status: .contentTooLarge, detail: "A record is larger than Kafka takes here.")
        } else {
            self.init(
                status: .serviceUnavailable,
                detail: "Kafka did not take the change in time: see whether it was made, and try again if not.",
                headers: [.retryAfter: "1"]
            )
        }
    }

    /// - Parameter detail: when empty, no more is said than the status says.
    init(
        status: HTTPResponse.Status,
        detail: String,
        errors: [BadMember] = [],
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.detail = detail.isEmpty ? status.reasonPhrase + "." : detail
        self.errors = errors
        self.headers = headers
    }

    var response: Response {
        let body = JSONWriter.object { json in
            json.member("type", "about:blank")
            json.member("title", status.reasonPhrase)
            json.member("status", Int64(status.code))
            json.member("detail", detail)
            if !errors.isEmpty {
                json.objects("errors", errors) { error, json in
                    json.member("member", error.member)
                    json.member("reason", error.reason)
                }
            }
        }
        var fields = headers
        fields[.contentType] = "application/problem+json"
        return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
