package import Events
internal import Ledger
package import Log
internal import SalesRules

/// A record that cannot be applied, and why.
package struct RefusedRecord {
    /// The record as it was read.
    package let record: LogRecord
    /// What is wrong with it.
    package let error: EventError
}

extension EventError {
    init(_ refusal: OrderChangeRefusal) {
        switch refusal {
        case .tooManyAllocations:
            self.init(
                member: "id",
                reason: "the order already has the maximum of \(OrderEntry.maximumAllocations) allocations saved on "
                    + "their own, or of \(OrderEntry.maximumOwn) saved or deleted"
            )
        }
    }
}
