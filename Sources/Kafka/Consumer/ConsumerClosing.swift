internal import CKafka
internal import Log
internal import Synchronization

/// The end of a consumer's client, to be run on a thread of its own.
final class ConsumerClosing: Sendable {
    private let handle: Mutex<ClientHandle?>

    init(_ handle: ClientHandle) { self.handle = Mutex(handle) }

    /// Leaves the group, lets go of the client, and so destroys it if no record is left.
    func run() {
        guard let client = handle.withLock({ $0.take() }) else { return }
        // A revocation that nobody answered would keep the close waiting.
        try? client.unassign()
        // Its only error is that there is nothing to close.
        _ = rd_kafka_consumer_close(client.pointer)
    }
}
