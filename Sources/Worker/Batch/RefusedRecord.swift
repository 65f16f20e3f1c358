package import Events
internal import Ledger
package import Log
internal import SalesRules

/// A record that becomes a dead letter, and why.
package struct RefusedRecord {
    /// The record as it was read.
    package let record: LogRecord
    /// What is wrong with it.
    package let error: EventError
}

extension EventError {
    init(_ fault: ChangeFault) {
        switch fault {
        case .bound(let exceeded): self.init(member: exceeded.member, reason: exceeded.reason)
        case .sum(let tooLarge): self.init(member: nil, reason: tooLarge.reason)
        }
    }
}
