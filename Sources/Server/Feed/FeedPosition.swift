/// A position in the feed, as `id:` and `Last-Event-ID` carry it: the number of the last event, and the start of the
/// server that counted it. Event numbers rise over all tenants, so that a number means the same for all of them.
struct FeedPosition: Hashable, Sendable {
    /// Random for each start of the server.
    let boot: String
    let number: UInt64

    init(boot: String, number: UInt64) {
        self.boot = boot
        self.number = number
    }

    /// Parses the format of ``description``; nil for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 64, parts.count == 2, !parts[0].isEmpty, let number = UInt64(parts[1]) else {
            return nil
        }
        self.init(boot: String(parts[0]), number: number)
    }

    static func newBoot() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }
}

extension FeedPosition: CustomStringConvertible {
    var description: String { "\(boot)-\(number)" }
}
