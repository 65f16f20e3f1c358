internal import CKafka
internal import Log

// Unchecked, because of the pointer alone: it never changes, and librdkafka's functions on a client may be called from
// any thread at once. It is destroyed when nobody refers to it any more, so never during a call.
/// Owns a librdkafka client.
final class ClientHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    /// What the client's callbacks are given; lives as long as they can be called.
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
        // Closing, which may talk to brokers and call back, was done before where it is wanted.
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }
}
