internal import CKafka
internal import Log
internal import Synchronization

/// Why the brokers refuse a client: a wrong password, a certificate that is not trusted, a missing right. librdkafka tries
/// again for ever, and its calls only say that no broker answered in time.
final class ClientRefusal: Sendable {
    private let latest = Mutex<LogError?>(nil)

    /// Registers the callback. The opaque value of `configuration` must be a `ClientRefusal`.
    static func install(in configuration: NativeConfiguration) {
        rd_kafka_conf_set_error_cb(configuration.pointer) { _, code, reason, target in
            guard let target else { return }
            // Not retained: the client's handle keeps the target alive.
            let refusal = Unmanaged<ClientRefusal>.fromOpaque(target).takeUnretainedValue()
            let error = LogError(rd_kafka_resp_err_t(code), reason: reason.map { String(cString: $0) })
            if error.needsPerson { refusal.latest.withLock { $0 = error } }
        }
    }

    /// The brokers have answered.
    func clear() { latest.withLock { $0 = nil } }

    /// The refusal, if there is one and this error can be a result of it.
    func explaining(_ error: LogError) -> LogError {
        guard error.isRetriable || error.isTimeout, let refusal = latest.withLock(\.self) else { return error }
        return refusal
    }
}
