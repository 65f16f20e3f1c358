internal import CKafka
internal import Log
internal import Synchronization

/// Closes a consumer's client. Run it on its own thread, because it may hang.
final class ConsumerClosing: Sendable {
    private let handle: Mutex<ClientHandle?>

    init(_ handle: ClientHandle) { self.handle = Mutex(handle) }

    /// Leaves the group and releases the client, which is destroyed when no record refers to it.
    func run() {
        guard let client = handle.withLock({ $0.take() }) else { return }
        // The close would wait for the answer to an unanswered revocation.
        try? client.unassign()
        // Fails only if there is nothing to close.
        _ = rd_kafka_consumer_close(client.pointer)
    }
}
