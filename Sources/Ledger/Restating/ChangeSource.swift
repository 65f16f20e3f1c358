package import Log

/// What a batch knows of the record that a change was read from.
package struct ChangeSource {
    /// What kind of record it is.
    package enum Kind: Hashable, Sendable {
        /// An event of a source.
        case event
        /// The program wrote it to restate what it knew.
        case restatement
        /// It cannot be decoded, and becomes a dead letter. The change only names what the key is about.
        case refused
    }

    /// Nil where nothing can be owed to its key.
    package let record: LogRecord?
    /// What kind of record it is.
    package let kind: Kind

    /// The source of a change.
    package init(_ kind: Kind = .event, record: LogRecord? = nil) {
        self.kind = kind
        self.record = record
    }
}
