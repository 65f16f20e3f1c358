internal import CKafka
internal import Log
internal import Synchronization

/// Receives the callbacks of a consumer's client and keeps them until `poll` takes them. librdkafka calls back only
/// inside `rd_kafka_consumer_poll` and `rd_kafka_consumer_close`, on the thread that called them.
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

    /// Registers the callbacks. The opaque value of `configuration` must be a `ConsumerCallbacks`.
    static func install(in configuration: NativeConfiguration) {
        rd_kafka_conf_set_rebalance_cb(configuration.pointer) { client, code, partitions, target in
            guard let client, let target else { return }
            // Not retained: the client's handle keeps the target alive.
            let callbacks = Unmanaged<ConsumerCallbacks>.fromOpaque(target).takeUnretainedValue()
            callbacks.rebalance(client, code, partitions?.partitions ?? [])
        }
        rd_kafka_conf_set_error_cb(configuration.pointer) { client, code, reason, target in
            guard let client, let target else { return }
            let callbacks = Unmanaged<ConsumerCallbacks>.fromOpaque(target).takeUnretainedValue()
            callbacks.fail(client, rd_kafka_resp_err_t(code), reason.map { String(cString: $0) })
        }
    }

    /// The signals since the last call, in their order.
    func take() -> [Signal] {
        state.withLock { state in
            defer { state.signals = [] }
            return state.signals
        }
    }

    /// Call this when polling ends: from now on a revocation is answered inside its callback.
    func close() {
        state.withLock { $0.isClosing = true }
    }

    private func rebalance(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [TopicPartition]) {
        let isClosing = state.withLock { $0.isClosing }
        if isClosing || (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
            // An empty assignment fails only if the client has already failed.
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
        // Ends the running poll, so that the signal is handled before the next record.
        rd_kafka_yield(client)
    }
}
