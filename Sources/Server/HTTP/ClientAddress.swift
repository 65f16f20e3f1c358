internal import Foundation
internal import NIOCore

/// The address that a request comes from.
struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes.
    let bytes: [UInt8]

    /// Nil when the text is no IP address; a port or brackets, as proxies write them, may stand about it.
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
            // An IPv4 address in the clothes of IPv6 is one and the same client.
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

    /// What one client can have as many addresses of as it likes: the first half of an IPv6 address.
    var network: [UInt8] { bytes.count == 4 ? bytes : Array(bytes[..<8]) }

    var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}

/// The proxies before the server, whose word on where a request comes from is taken.
package struct TrustedProxies: Sendable {
    private let ranges: [(network: [UInt8], bits: Int)]

    /// None.
    package init() { ranges = [] }

    /// - Parameter text: addresses and ranges (`10.0.0.0/8`), separated by commas.
    /// - Returns: nil when one of them cannot be read.
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

    /// Where a request comes from.
    /// - Parameters:
    ///   - peer: who opened the connection.
    ///   - forwardedFor: what `X-Forwarded-For` says: each proxy adds the one that it heard from at the end, and what
    ///     stands before that may be made up.
    func client(peer: ClientAddress?, forwardedFor: [String]) -> ClientAddress? {
        guard var client = peer else { return nil }
        for word in forwardedFor.flatMap({ $0.split(separator: ",") }).reversed() {
            guard contains(client), let before = ClientAddress(word) else { return client }
            client = before
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
