package import Log

/// A partition cannot be read further (``LogFault``).
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
