internal import HTTPTypes
internal import Hummingbird
internal import Ledger

/// `If-Match` (RFC 9110, section 13.1.1): allows a change only if the record is as the client read it.
enum Precondition {
    /// - Throws: ``Problem/preconditionFailed`` when the request has `If-Match` and no tag in it is the record's.
    static func check(_ request: Request, _ tag: RecordETag) throws(Problem) {
        let fields = request.headers[values: .ifMatch]
        guard !fields.isEmpty else { return }
        let tags = fields.flatMap { field in
            field.split(separator: ",").map { String($0.filter { $0 != " " && $0 != "\t" }) }
        }
        guard tags.contains("*") || tags.contains(tag.description) else { throw .preconditionFailed }
    }
}

extension Problem {
    /// The record is not as the client read it.
    static let preconditionFailed = Problem(
        status: .preconditionFailed,
        detail: "The record was changed in the meantime: read it again, and check whether your change is still needed."
    )
}
