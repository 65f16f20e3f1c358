internal import Foundation
internal import NIOCore

/// The IP address of a client.
struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes.
    let bytes: [UInt8]

    /// Nil when the text is not an IP address. Accepts the port and the brackets that some proxies add.
    init?(_ text: some StringProtocol) {
        var text = text.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = String(text[text.index(after: text.startIndex)..<end])
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            text = String(text[..<colon])
        }
        if let zone = text.firstIndex(of: "%") { text = String(text[..<zone]) }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes[..<4])
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            // An IPv4-mapped IPv6 address is the same client as the IPv4 address.
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        } else {
            return nil
        }
    }

    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        self.init(text)
    }

    /// What identifies a client: the IPv4 address, or the first 64 bits of an IPv6 address, because one client can use
    /// all addresses of such a network.
    var network: [UInt8] { bytes.count == 4 ? bytes : Array(bytes[..<8]) }

    var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}

/// The proxies whose `X-Forwarded-For` the server trusts.
package struct TrustedProxies: Sendable {
    private let ranges: [(network: [UInt8], bits: Int)]

    /// No proxies.
    package init() { ranges = [] }

    /// - Parameter text: addresses and ranges (`10.0.0.0/8`), separated by commas.
    /// - Returns: nil when one of them is not valid.
    package init?(_ text: String) {
        var ranges: [(network: [UInt8], bits: Int)] = []
        for word in text.split(separator: ",") {
            let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let network = ClientAddress(parts[0])?.bytes,
                let bits = parts.count == 1 ? network.count * 8 : Int(parts[1].trimmingCharacters(in: .whitespaces)),
                (0...network.count * 8).contains(bits)
            else { return nil }
            ranges.append((network, bits))
        }
        self.ranges = ranges
    }

    /// The client that sent a request.
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwardedFor: the values of `X-Forwarded-For`. Each proxy appends the address that it received the request
    ///     from; a client can forge everything before that.
    func client(peer: ClientAddress?, forwardedFor: [String]) -> ClientAddress? {
        guard var client = peer else { return nil }
        for word in forwardedFor.flatMap({ $0.split(separator: ",") }).reversed() {
            guard contains(client), let previous = ClientAddress(word) else { return client }
            client = previous
        }
        return client
    }

    private func contains(_ address: ClientAddress) -> Bool {
        ranges.contains { range in
            range.network.count == address.bytes.count
                && (0..<range.bits).allSatisfy { bit in
                    (range.network[bit / 8] ^ address.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
                }
        }
    }
}
