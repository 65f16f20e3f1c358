/// A record's header. A name may occur several times, and a value may be null.
public struct RecordHeader: Hashable, Sendable {
    /// As the producer wrote it.
    public let name: String
    /// Nil for a null value.
    public let value: [UInt8]?

    /// A header with this name.
    public init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}
