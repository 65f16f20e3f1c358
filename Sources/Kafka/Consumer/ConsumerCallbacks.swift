internal import CKafka
internal import Log
internal import Synchronization

/// What librdkafka tells a consumer by calling back. It calls only inside `rd_kafka_consumer_poll` and
/// `rd_kafka_consumer_close`, on the thread that is in them; what it said is kept here until `poll` comes to it.
final class ConsumerCallbacks: Sendable {
    enum Signal {
        case assigned([TopicPartition])
        case revoked([TopicPartition], lost: Bool)
        case error(LogError)
    }

    private struct State {
        var signals: [Signal] = []
        var isClosing = false
    }

    private let state = Mutex(State())

    /// Asks to be called; `configuration` must get this object as its opaque value.
    static func install(in configuration: NativeConfiguration) {
        rd_kafka_conf_set_rebalance_cb(configuration.pointer) { client, code, partitions, target in
            guard let client, let target else { return }
            // The client keeps it alive: not taken over.
            let callbacks = Unmanaged<ConsumerCallbacks>.fromOpaque(target).takeUnretainedValue()
            callbacks.rebalance(client, code, partitions?.partitions ?? [])
        }
        rd_kafka_conf_set_error_cb(configuration.pointer) { client, code, reason, target in
            guard let client, let target else { return }
            let callbacks = Unmanaged<ConsumerCallbacks>.fromOpaque(target).takeUnretainedValue()
            callbacks.fail(client, rd_kafka_resp_err_t(code), reason.map { String(cString: $0) })
        }
    }

    /// All that was said since the last call.
    func take() -> [Signal] {
        state.withLock { state in
            defer { state.signals = [] }
            return state.signals
        }
    }

    /// From now on nobody polls, and revocations are answered at once.
    func close() {
        state.withLock { $0.isClosing = true }
    }

    private func rebalance(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [TopicPartition]) {
        let isClosing = state.withLock { $0.isClosing }
        if isClosing || (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
            // Taking nothing away cannot fail, but for a client that has failed already.
            _ = rd_kafka_assign(client, nil)
            if !isClosing { add(.error(LogError(code)), of: client) }
            return
        }
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            add(.assigned(partitions), of: client)
        } else {
            add(.revoked(partitions, lost: rd_kafka_assignment_lost(client) != 0), of: client)
        }
    }

    private func fail(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ reason: String?) {
        let fatal = code == RD_KAFKA_RESP_ERR__FATAL ? LogError.fatal(of: client) : nil
        add(.error(fatal ?? LogError(code, reason: reason)), of: client)
    }

    private func add(_ signal: Signal, of client: OpaquePointer) {
        state.withLock { $0.signals.append(signal) }
        // Ends the running poll, so that it is looked at before the next record.
        rd_kafka_yield(client)
    }
}
