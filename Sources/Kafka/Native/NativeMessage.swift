internal import CKafka
internal import Log

extension rd_kafka_vu_t {
    /// An argument of `rd_kafka_produceva`; `set` writes the member of the union that belongs to `type`.
    init(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) {
        self.init()
        vtype = type
        set(&self)
    }

    /// An argument that points to the caller's bytes: a null pointer for nil, and never for empty bytes.
    init(_ type: rd_kafka_vtype_t, bytes: UnsafeRawBufferPointer?) {
        self.init(type) { argument in
            // An empty buffer may have no address. Address 1 is never read.
            let address = bytes.map { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) }
            argument.u.mem.ptr = UnsafeMutableRawPointer(mutating: address ?? nil)
            argument.u.mem.size = bytes?.count ?? 0
        }
    }
}

/// Owns an `rd_kafka_headers_t` until librdkafka takes ownership together with a message.
final class NativeHeaders {
    private(set) var pointer: OpaquePointer?

    /// Copies the headers; nil if there are none.
    init?(_ headers: [RecordHeader]) throws(LogError) {
        if headers.isEmpty { return nil }
        let pointer = rd_kafka_headers_new(headers.count)
        self.pointer = pointer
        for header in headers {
            // librdkafka copies both. Size -1 means strlen; a null value has size 0, because -1 would read it too.
            let code = header.value.withOptionalBytes { bytes in
                rd_kafka_header_add(
                    pointer,
                    header.name,
                    -1,
                    rd_kafka_vu_t(RD_KAFKA_VTYPE_VALUE, bytes: bytes).u.mem.ptr,
                    bytes?.count ?? 0
                )
            }
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code, subject: "header \(header.name)") }
        }
    }

    /// Gives up ownership: librdkafka accepted the message.
    func wasTaken() { pointer = nil }

    deinit {
        if let pointer { rd_kafka_headers_destroy(pointer) }
    }
}

extension [UInt8]? {
    /// Calls `body` with the bytes: nil for a nil array, and never for an empty one.
    func withOptionalBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer?) throws(E) -> R) throws(E) -> R {
        guard let self else { return try body(nil) }
        return try self.withUnsafeBufferPointer { (bytes) throws(E) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
