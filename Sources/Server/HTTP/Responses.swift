internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Response {
    /// A JSON object with the members that `write` writes.
    /// - Parameter headers: the headers besides the content type.
    static func json(
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: status,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: JSONWriter.object(write)))
        )
    }

    /// For a change that is in the log but not applied yet.
    /// - Parameter location: where to read the record later.
    static func accepted(_ location: String) -> Response {
        Response(status: .accepted, headers: [.location: location])
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
