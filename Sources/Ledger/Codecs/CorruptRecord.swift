/// Why a value in Redis cannot be read: it is not what this program writes.
package struct CorruptRecord: Error, Hashable, CustomStringConvertible {
    /// The key or field with the value; empty where unknown.
    package var place: String
    /// What is wrong with it.
    package let reason: String

    /// A record that cannot be read.
    package init(place: String = "", reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String {
        "\(place) in Redis cannot be read (\(reason)): another program or another version of this program wrote it; "
            + "run `salestargets rebuild`"
    }
}
