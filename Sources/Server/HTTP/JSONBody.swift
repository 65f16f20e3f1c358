internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// Reads request bodies: JSON only, up to a size limit.
enum JSONBody {
    /// Bytes, of a body with one record.
    static let maximumSize = EventDecoder.maximumSize
    /// Bytes, of a body with many records.
    static let maximumBulkSize = 16_777_216

    /// - Throws: a ``Problem`` when the content type is not JSON or the body has more than `limit` bytes.
    static func read(_ request: Request, upTo limit: Int = maximumSize) async throws -> [UInt8] {
        let type = mediaType(of: request)
        let isJSON = type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
        guard isJSON else {
            throw Problem(
                status: .unsupportedMediaType,
                detail: "The body must be JSON, with the header Content-Type: application/json.",
                headers: [.accept: "application/json"]
            )
        }
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= limit else { throw tooLarge(limit) }
        do {
            return Array(buffer: try await request.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw tooLarge(limit)
        }
    }

    /// The content type in lower case, without parameters; empty when there is none.
    static func mediaType(of request: Request) -> String {
        let field = request.headers[.contentType] ?? ""
        let type = field.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        return type.filter { $0 != " " && $0 != "\t" }.lowercased()
    }

    private static func tooLarge(_ limit: Int) -> Problem {
        Problem(status: .contentTooLarge, detail: "The body is larger than \(limit / 1_048_576) MiB.")
    }
}

extension Problem {
    static func badBody(_ errors: [BadMember]) -> Problem {
        Problem(status: .badRequest, detail: "The body is not valid.", errors: errors)
    }

    init(_ error: RequestBodyErrors) {
        // Every event of a long list may have the same error.
        self = .badBody(error.errors.prefix(100).map { BadMember(member: $0.member ?? "body", reason: $0.reason) })
    }
}
