import Foundation

/// Requests one path again and again over a kept-alive connection. Use it from one thread at a time.
final class HTTPProbe: Sendable {
    private let socket: Int32
    private let request: [UInt8]

    /// Connects; tries again for up to 30 s until the server listens.
    init(port: Int, path: String, token: String) throws {
        request = Array(
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8
        )
        socket = try LocalSocket.connect(port: port)
    }

    deinit { close(socket) }

    /// The year's number of orders in the widget; the path must have `measure=orders`.
    func total() throws -> Int {
        let body = try get()
        guard let json = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            let total = json["total"] as? [String: Any], let result = total["result"] as? String,
            let count = Int(result)
        else {
            throw Cluster.Failure(description: "not a widget: \(String(decoding: body.prefix(200), as: UTF8.self))")
        }
        return count
    }

    /// The body of the response.
    func text() throws -> String { String(decoding: try get(), as: UTF8.self) }

    private func get() throws -> ArraySlice<UInt8> {
        guard write(socket, request, request.count) == request.count else {
            throw Cluster.Failure(description: "the server closed the connection")
        }
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
                let head = String(decoding: received[..<end], as: UTF8.self).lowercased()
                let length =
                    head.split(whereSeparator: \.isNewline).first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if received.count >= end + length { return received[end..<end + length] }
            }
            let count = read(socket, &chunk, chunk.count)
            guard count > 0 else { throw Cluster.Failure(description: "the server closed the connection") }
            received += chunk[..<count]
        }
    }
}
