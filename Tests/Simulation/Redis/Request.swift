package import Redis

/// Iterates over the commands of a pipeline: RESP arrays of bulk strings, as hiredis writes them.
///
/// Valid only as long as the memory it reads from.
struct Request {
    private let bytes: UnsafeRawBufferPointer
    private var start = 0
    private var end = 0
    private var arguments: [Range<Int>] = []

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Moves to the next command; the first call moves to the first command.
    /// - Returns: false at the end.
    mutating func next() -> Bool {
        start = end
        guard end < bytes.count else { return false }
        arguments.removeAll(keepingCapacity: true)
        for _ in 0..<length(after: "*") {
            let length = length(after: "$")
            arguments.append(end..<end + length)
            end += length + 2
        }
        return true
    }

    private mutating func length(after sign: Unicode.Scalar) -> Int {
        precondition(bytes[end] == UInt8(ascii: sign), "a pipeline is arrays of bulk strings")
        end += 1
        var length = 0
        while bytes[end] != UInt8(ascii: "\r") {
            length = length * 10 + Int(bytes[end] - UInt8(ascii: "0"))
            end += 1
        }
        end += 2
        return length
    }

    /// The bytes of the whole command.
    var wireBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[start..<end]) }

    /// The number of arguments, including the name.
    var count: Int { arguments.count }

    /// An argument; the first one is the name.
    subscript(place: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[arguments[place]]) }

    /// A copy of an argument.
    func copy(_ place: Int) -> [UInt8] { [UInt8](self[place]) }

    /// An argument as text.
    func text(_ place: Int) -> String { String(decoding: self[place], as: UTF8.self) }

    /// Whether an argument equals this word in any case. The word must be in capitals.
    func isWord(_ place: Int, _ word: StaticString) -> Bool {
        let argument = self[place]
        guard argument.count == word.utf8CodeUnitCount else { return false }
        return argument.indices.allSatisfy { argument[$0].uppercased == word.utf8Start[$0] }
    }

    /// An argument as an integer by the rules of Redis: no other characters, no leading zeros.
    func integer(_ place: Int, else refusal: Refusal = .notAnInteger) throws(Refusal) -> Int64 {
        guard let number = Int64(redis: self[place]) else { throw refusal }
        return number
    }
}

extension RedisPipeline {
    /// The names of the commands, in order and as written.
    package var commandNames: [String] {
        withUnsafeWireBytes { bytes in
            var names: [String] = []
            var request = Request(bytes)
            while request.next() { names.append(request.text(0)) }
            return names
        }
    }
}

extension Int64 {
    init?(redis digits: UnsafeRawBufferPointer) {
        let isNegative = digits.first == UInt8(ascii: "-")
        let digits = isNegative ? UnsafeRawBufferPointer(rebasing: digits.dropFirst()) : digits
        guard (1...19).contains(digits.count) else { return nil }
        if digits[0] == UInt8(ascii: "0") {
            guard digits.count == 1, !isNegative else { return nil }
        }
        var magnitude: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            magnitude = magnitude * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { return nil }
            self = Int64(truncatingIfNeeded: 0 &- magnitude)
        } else {
            self.init(exactly: magnitude)
        }
    }
}

extension UInt8 {
    /// The capital of an ASCII letter; other bytes are unchanged.
    var uppercased: UInt8 { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) ? self - 32 : self }
}
