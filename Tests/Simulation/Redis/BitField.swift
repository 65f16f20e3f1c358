internal import Redis

extension SimulatedRedis {
    mutating func bitfield(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        // Redis parses all operations before it executes the first.
        let operations = try BitField.operations(of: request)
        var bitCount = 0
        for operation in operations where operation.kind != .get {
            bitCount = max(bitCount, operation.offset + operation.width)
        }
        var replies: [RedisValue] = []
        replies.reserveCapacity(operations.count)
        if bitCount == 0 {
            switch keyspace.value(request[1], in: database) {
            case .string(let bytes):
                for operation in operations { replies.append(.integer(Int64(BitField.read(operation, in: bytes)))) }
            case nil: replies = Array(repeating: .integer(0), count: operations.count)
            default: throw .wrongType
            }
            return .array(replies)
        }
        let key = keyspace.key(request[1], in: database)
        var bytes: [UInt8] = []
        switch keyspace.take(key, in: database) {
        case .string(let present): bytes = present
        case nil: break
        case .some(let other):
            keyspace.put(other, at: key, in: database)
            throw .wrongType
        }
        let missing = (bitCount + 7) / 8 - bytes.count
        if missing > 0 { bytes.append(contentsOf: repeatElement(0, count: missing)) }
        // As in Redis, watchers notice a changed number, and a longer string unless no operation was applied.
        var isTouched = false
        for operation in operations {
            let former = BitField.read(operation, in: bytes)
            guard operation.kind != .get else {
                replies.append(.integer(Int64(former)))
                continue
            }
            let wanted = operation.kind == .set ? operation.written : former + Int128(operation.value)
            guard let new = operation.fitting(wanted) else {
                replies.append(.null)
                continue
            }
            BitField.write(new, operation, in: &bytes)
            replies.append(.integer(Int64(operation.kind == .set ? former : new)))
            if missing > 0 || new != former { isTouched = true }
        }
        keyspace.put(.string(bytes), at: key, in: database)
        if isTouched { keyspace.touch(key, in: database) }
        return .array(replies)
    }
}

/// Reads and writes numbers of up to 64 bits at any bit offset of a string, the highest bit first.
enum BitField {
    /// How a number that does not fit is handled.
    enum Overflow {
        case wrap
        case saturate
        case fail
    }

    /// The operations of a request, in their order.
    static func operations(of request: Request) throws(Refusal) -> [Operation] {
        var operations: [Operation] = []
        operations.reserveCapacity(request.count / 3)
        var overflow = Overflow.wrap
        var place = 2
        while place < request.count {
            if let operation = try Operation(request, &place, &overflow) { operations.append(operation) }
        }
        return operations
    }

    struct Operation {
        enum Kind {
            case get
            case set
            case increment
        }

        let kind: Kind
        let isSigned: Bool
        let width: Int
        let offset: Int
        /// The value to set or to add.
        let value: Int64
        let overflow: Overflow

        /// The number to write, after the overflow rule; nil when the operation must be skipped.
        func fitting(_ number: Int128) -> Int128? {
            if range.contains(number) { return number }
            switch overflow {
            case .fail: return nil
            case .saturate: return number < range.lowerBound ? range.lowerBound : range.upperBound
            case .wrap:
                let size = Int128(1) << width
                let rest = number & (size - 1)
                return rest > range.upperBound ? rest - size : rest
            }
        }

        private var range: ClosedRange<Int128> {
            let size = Int128(1) << width
            return isSigned ? -(size / 2)...size / 2 - 1 : 0...size - 1
        }

        /// The value of a SET. For an unsigned type Redis takes the bits of the number.
        var written: Int128 { isSigned ? Int128(value) : Int128(UInt64(bitPattern: value)) }

        /// The operation at `place`, which then moves to the next one; nil when it is an OVERFLOW.
        init?(_ request: Request, _ place: inout Int, _ overflow: inout Overflow) throws(Refusal) {
            let left = request.count - place - 1
            if request.isWord(place, "INCRBY"), left >= 3 {
                kind = .increment
            } else if request.isWord(place, "GET"), left >= 2 {
                kind = .get
            } else if request.isWord(place, "SET"), left >= 3 {
                kind = .set
            } else if request.isWord(place, "OVERFLOW"), left >= 1 {
                overflow = try Overflow(request, place + 1)
                place += 2
                return nil
            } else {
                throw .syntax
            }
            (isSigned, width) = try Self.type(request[place + 1])
            offset = try Self.offset(request[place + 2], width: width)
            value = kind == .get ? 0 : try request.integer(place + 3)
            self.overflow = overflow
            place += kind == .get ? 3 : 4
        }

        private static func type(_ text: UnsafeRawBufferPointer) throws(Refusal) -> (isSigned: Bool, width: Int) {
            let isSigned = text.first == UInt8(ascii: "i")
            guard isSigned || text.first == UInt8(ascii: "u"),
                let width = Int64(redis: UnsafeRawBufferPointer(rebasing: text.dropFirst())),
                (1...(isSigned ? 64 : 63)).contains(width)
            else {
                throw Refusal(
                    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
                )
            }
            return (isSigned, Int(width))
        }

        private static func offset(_ text: UnsafeRawBufferPointer, width: Int) throws(Refusal) -> Int {
            let counts = text.first == UInt8(ascii: "#")
            let digits = counts ? UnsafeRawBufferPointer(rebasing: text.dropFirst()) : text
            guard let number = Int64(redis: digits),
                case let (offset, isTooLarge) = number.multipliedReportingOverflow(by: counts ? Int64(width) : 1),
                !isTooLarge, (0..<(512 << 23)).contains(offset)
            else { throw Refusal("ERR bit offset is not an integer or out of range") }
            return Int(offset)
        }
    }

    /// The number at the offset of the operation; bits beyond the end are zero.
    static func read(_ operation: Operation, in bytes: [UInt8]) -> Int128 {
        var bits: UInt64 = 0
        var offset = operation.offset
        let end = offset + operation.width
        while offset < end {
            let byte = offset / 8 < bytes.count ? bytes[offset / 8] : 0
            // The bits up to the end of the byte or of the number.
            let count = min(8 - offset % 8, end - offset)
            let part = (byte << UInt8(offset % 8)) >> UInt8(8 - count)
            bits = bits << UInt64(count) | UInt64(part)
            offset += count
        }
        guard operation.isSigned else { return Int128(bits) }
        let shift = UInt64(64 - operation.width)
        return Int128(Int64(bitPattern: bits << shift) >> Int64(shift))
    }

    static func write(_ number: Int128, _ operation: Operation, in bytes: inout [UInt8]) {
        let bits = UInt64(truncatingIfNeeded: number)
        var offset = operation.offset
        let end = offset + operation.width
        while offset < end {
            let count = min(8 - offset % 8, end - offset)
            let shift = 8 - offset % 8 - count
            let mask = UInt8(truncatingIfNeeded: (1 << count) - 1) << UInt8(shift)
            let part = UInt8(truncatingIfNeeded: bits >> UInt64(end - offset - count)) << UInt8(shift)
            bytes[offset / 8] = bytes[offset / 8] & ~mask | part & mask
            offset += count
        }
    }
}

extension BitField.Overflow {
    fileprivate init(_ request: Request, _ place: Int) throws(Refusal) {
        if request.isWord(place, "FAIL") {
            self = .fail
        } else if request.isWord(place, "WRAP") {
            self = .wrap
        } else if request.isWord(place, "SAT") {
            self = .saturate
        } else {
            throw Refusal("ERR Invalid OVERFLOW type specified")
        }
    }
}
