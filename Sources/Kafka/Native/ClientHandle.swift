internal import CKafka
internal import Log

// Unchecked only because of the pointer. It never changes, and librdkafka lets all threads use a client at once. The
// client is destroyed with the last reference, so never during a call.
/// Owns a librdkafka client.
final class ClientHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    /// The object that the callbacks receive. Kept here so that it lives as long as the client.
    private let callbackTarget: (any AnyObject & Sendable)?

    init(
        _ type: rd_kafka_type_t,
        _ configuration: NativeConfiguration,
        callbackTarget: (any AnyObject & Sendable)? = nil
    ) throws(LogError) {
        if let callbackTarget {
            // Not retained: this handle keeps it.
            rd_kafka_conf_set_opaque(configuration.pointer, Unmanaged.passUnretained(callbackTarget).toOpaque())
        }
        pointer = try configuration.makeClient(type)
        self.callbackTarget = callbackTarget
    }

    deinit {
        // Does not close the consumer: that may contact brokers and call back, so `ConsumerClosing` does it earlier.
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }
}
