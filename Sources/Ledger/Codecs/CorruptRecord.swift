/// Why bytes from Redis cannot be what this program wrote.
package struct CorruptRecord: Error, Hashable, CustomStringConvertible {
    /// The key or field that holds it, where known.
    package var place: String
    /// What is wrong with it.
    package let reason: String

    /// A record that cannot be read.
    package init(place: String = "", reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String {
        "\(place) in Redis cannot be read (\(reason)): it was changed by another program or another version; "
            + "`salestargets rebuild` makes it anew from the log"
    }
}
