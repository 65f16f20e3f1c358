internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Log
internal import NIOCore

/// An error answer, as `application/problem+json` (RFC 9457).
struct Problem: Error {
    let status: HTTPResponse.Status
    let detail: String
    /// The query parameters or body members that are not valid.
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
    static let forbidden = Problem(status: .forbidden, detail: "You have no access to this.")

    static let managersOnly = Problem(status: .forbidden, detail: "Only a manager may change this.")

    static func notFound(_ what: String) -> Problem {
        Problem(status: .notFound, detail: "There is no \(what).")
    }

    static func badQuery(_ errors: [BadMember]) -> Problem {
        Problem(status: .badRequest, detail: "The query is not valid.", errors: errors)
    }

    /// For an error of reading from Redis.
    init(_ error: LedgerError) {
        if error.isTemporary || error.isOfConnection {
            self.init(
                status: .serviceUnavailable,
                detail: "The numbers cannot be read at the moment; try again in a few seconds.",
                headers: [.retryAfter: "1"]
            )
        } else {
            self.init(
                status: .internalServerError,
                detail: "The numbers cannot be read; the server's log has the reason."
            )
        }
    }

    /// For an error of writing to Kafka.
    init(_ error: LogError) {
        if error.isTooLarge {
            self.init(status: .contentTooLarge, detail: "A record is larger than this Kafka accepts.")
        } else {
            self.init(
                status: .serviceUnavailable,
                detail: "Kafka did not confirm the change in time: check whether it was made, and try again if not.",
                headers: [.retryAfter: "1"]
            )
        }
    }

    /// - Parameter detail: when empty, the reason phrase of the status is used.
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
