internal import HTTPTypes
internal import Hummingbird
internal import Ledger

/// `If-Match` (RFC 9110, section 13.1.1): lets a change pass only where nobody was quicker.
enum Precondition {
    /// - Throws: a problem when the request names other states of the record than the one it is in.
    static func check(_ request: Request, _ tag: RecordETag) throws(Problem) {
        let fields = request.headers[values: .ifMatch]
        guard !fields.isEmpty else { return }
        let tags = fields.flatMap { field in
            field.split(separator: ",").map { String($0.filter { $0 != " " && $0 != "\t" }) }
        }
        guard tags.contains("*") || tags.contains(tag.description) else { throw .changedMeanwhile }
    }
}

extension Problem {
    /// Someone else's change came first.
    static let changedMeanwhile = Problem(
        status: .preconditionFailed,
        detail: "It was changed meanwhile: read it again, and see whether your change is still wanted."
    )
}
