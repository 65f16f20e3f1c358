/// The contract's topics that are read.
public enum Topic: String, CaseIterable, Sendable {
    case orders, allocations, targets, people
}

/// A header of a record.
public struct Header: Sendable, Hashable {
    /// As the producer wrote it; compared without case.
    public let name: String
    /// Nil for a null value.
    public let value: [UInt8]?

    /// A header of this name.
    public init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

/// Why a record is a dead letter.
public struct EventError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member that cannot be used, as in `allocations[2].percent`; nil when it is the record as a whole.
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
