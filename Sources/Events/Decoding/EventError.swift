/// Why a record is a dead letter.
public struct EventError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member that cannot be used, such as `allocations[2].percent`; nil for the record as a whole.
    public let member: String?
    /// What is wrong with it.
    public let reason: String

    /// An error of this member; nil for the record as a whole.
    public init(member: String?, reason: String) {
        self.member = member
        self.reason = reason
    }

    /// `member: reason`, or the reason alone.
    public var description: String { member.map { "\($0): \(reason)" } ?? reason }
}

extension EventError {
    /// The beginning of a wrong text for a message: in quotes, and without control characters and line breaks.
    static func quoting(_ text: some Collection<UInt8>) -> String {
        let beginning = String(decoding: text.prefix(40), as: UTF8.self).unicodeScalars.map { scalar in
            let isShown = scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)
            return isShown && !(0x2028...0x2029).contains(scalar.value) ? Character(scalar) : "\u{fffd}"
        }
        return "\"\(String(beginning))\(text.count > 40 ? "…" : "")\""
    }

    static func quoting(_ text: String) -> String { quoting(text.utf8) }
}
