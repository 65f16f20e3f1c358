/// A revision of the catalog: a number that every posting of targets raises by one, and a random token.
///
/// When a Redis goes back to older data, numbers are given out a second time, for other targets. The token tells such
/// revisions apart. Redis keeps the tokens of the latest revisions (``KeySpace/revisionTokens``), so that what was read
/// under a revision can be checked: it belongs to the history of the present data if Redis has the same token for it.
package struct CatalogRevision: Hashable, Sendable, CustomStringConvertible {
    /// Raised by one with each change.
    package let number: Int64
    /// Zero for ``none``.
    package let token: UInt64

    /// The revision before the first target.
    package static let none = CatalogRevision(number: 0, token: 0)

    /// How many revisions have their token kept. What was read under an older one is read again as a whole.
    static let keptTokens: Int64 = 10_000

    private init(number: Int64, token: UInt64) {
        self.number = number
        self.token = token
    }

    /// The revision after this one.
    package var next: CatalogRevision { CatalogRevision(number: number + 1, token: .random(in: 1...(.max))) }

    /// `<number> <token>`
    package var description: String { "\(number) \(token)" }

    /// Reads ``description``; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), (1..<Int64.max).contains(number),
            let token = UInt64(parts[1])
        else { return nil }
        self.init(number: number, token: token)
    }
}
