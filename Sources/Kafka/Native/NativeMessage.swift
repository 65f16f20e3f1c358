internal import CKafka
internal import Log

extension rd_kafka_vu_t {
    /// An argument of `rd_kafka_produceva`; `set` fills in the member of the union that the type names.
    init(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) {
        self.init()
        vtype = type
        set(&self)
    }

    /// Bytes that stay the caller's; null for nil, and not null where they are merely empty.
    init(_ type: rd_kafka_vtype_t, bytes: UnsafeRawBufferPointer?) {
        self.init(type) { argument in
            // An empty buffer may have no address; nothing is read at this one.
            let address = bytes.map { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) }
            argument.u.mem.ptr = UnsafeMutableRawPointer(mutating: address ?? nil)
            argument.u.mem.size = bytes?.count ?? 0
        }
    }
}

/// Owns a `rd_kafka_headers_t` until librdkafka takes it with a message.
final class NativeHeaders {
    private(set) var pointer: OpaquePointer?

    /// - Returns: nil if there are none.
    init?(_ headers: [RecordHeader]) throws(LogError) {
        if headers.isEmpty { return nil }
        let pointer = rd_kafka_headers_new(headers.count)
        self.pointer = pointer
        for header in headers {
            // Both are copied. The size -1 asks for strlen of a name; of a value it would too, so null has size 0.
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

    /// The message that has them was taken.
    func wasTaken() { pointer = nil }

    deinit {
        if let pointer { rd_kafka_headers_destroy(pointer) }
    }
}

extension [UInt8]? {
    /// Lends the bytes; nil only where the array is.
    func withOptionalBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer?) throws(E) -> R) throws(E) -> R {
        guard let self else { return try body(nil) }
        return try self.withUnsafeBufferPointer { (bytes) throws(E) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
