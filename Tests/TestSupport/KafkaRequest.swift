internal import Foundation
import LocalServers

/// One request of the Kafka protocol, encoded by hand because librdkafka has no function for it.
package struct KafkaRequest {
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - key: the API key in the Kafka protocol.
    ///   - version: the API version; it must be one without tagged fields.
    ///   - body: the bytes after the request header.
    package init(key: Int16, version: Int16, body: [UInt8]) {
        // Key, version, a correlation id, and no client id.
        let content = Self.bytes(of: key) + Self.bytes(of: version) + [0, 0, 0, 1, 0xFF, 0xFF] + body
        bytes = Self.bytes(of: Int32(content.count)) + content
    }

    /// Sends the request over a new connection. Blocks for about two seconds at most.
    /// - Returns: the bytes after the response header; nil without a valid response.
    package func answer(port: UInt16) -> [UInt8]? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if socket < 0 { return nil }
        defer { close(socket) }
        var timeout = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in(loopback: port)
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if connected != 0 { return nil }
        if send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) != bytes.count { return nil }
        guard let head = receive(8, from: socket) else { return nil }
        let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard (4...100_000_000).contains(length) else { return nil }
        return receive(length - 4, from: socket)
    }

    private func receive(_ count: Int, from socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return recv(socket, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
    }

    /// A number in the protocol's byte order.
    package static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// A STRING of the protocol: its length, then its bytes.
    package static func bytes(of text: String) -> [UInt8] {
        bytes(of: Int16(text.utf8.count)) + Array(text.utf8)
    }
}
