internal import CKafka
internal import Log

/// Owns an `rd_kafka_conf_t` until a client takes it over.
final class NativeConfiguration {
    /// Nil after a client took ownership.
    private(set) var pointer: OpaquePointer?
    private let source: KafkaConfiguration

    /// - Throws: an error that names the first property that librdkafka refuses.
    init(
        _ source: KafkaConfiguration,
        defaults: [String: String] = [:],
        forced: [String: String] = [:]
    ) throws(LogError) {
        let settings = try source.settings(defaults: defaults, forced: forced)
        self.source = source
        pointer = rd_kafka_conf_new()
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            var text = ErrorText()
            // The error text is not used: it quotes the value, which may be a password.
            switch text.read({ rd_kafka_conf_set(pointer, name, value, $0, $1) }) {
            case RD_KAFKA_CONF_OK: continue
            case RD_KAFKA_CONF_UNKNOWN:
                throw LogError(refusedProperty: name, reason: "librdkafka has no such property; check its spelling")
            default:
                throw LogError(refusedProperty: name, reason: "librdkafka does not accept its value")
            }
        }
        // No log callback, so nothing is printed: problems arrive as errors. With `debug` set the user wants the output.
        if settings["debug"] == nil { rd_kafka_conf_set_log_cb(pointer, nil) }
    }

    /// Creates the client, which takes ownership of the configuration. On failure it stays owned here.
    func makeClient(_ type: rd_kafka_type_t) throws(LogError) -> OpaquePointer {
        var text = ErrorText()
        guard let client = text.read({ rd_kafka_new(type, pointer, $0, $1) }) else {
            // Not a connection that failed: a file that cannot be read, or properties that exclude each other.
            throw LogError(rd_kafka_last_error(), reason: source.redacting(text.string), needsPerson: true)
        }
        self.pointer = nil
        return client
    }

    deinit {
        if let pointer { rd_kafka_conf_destroy(pointer) }
    }
}

extension LogError {
    init(refusedProperty name: String, reason: String) {
        self.init(RD_KAFKA_RESP_ERR__INVALID_ARG, reason: reason, isBadSetting: true, subject: "property \(name)")
    }
}
