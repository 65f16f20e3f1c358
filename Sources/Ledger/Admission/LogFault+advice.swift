package import Log

extension LogFault {
    /// What is wrong and what to do about it, for operators. It does not name the partition.
    package var advice: String {
        switch self {
        case .beginningDeleted:
            "\(self). Raise the topic's retention, publish the missing events again and run `salestargets rebuild`"
        case .beyondEnd, .replaced:
            "\(self). If this is the wrong cluster or topic, correct that; otherwise run `salestargets rebuild`"
        }
    }
}

/// A partition cannot be read further, because its log is not the one that was read before.
package struct LogStopped: Error, Sendable, Hashable, CustomStringConvertible {
    /// The partition.
    package let partition: TopicPartition
    /// What is wrong with its log.
    package let fault: LogFault

    /// A partition that is stopped for this reason.
    package init(partition: TopicPartition, fault: LogFault) {
        self.partition = partition
        self.fault = fault
    }

    package var description: String { "\(partition): \(fault.advice)" }
}
