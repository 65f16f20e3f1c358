internal import Glibc
internal import Ledger

/// Records of any length in a temporary file, so that a verification of many orders needs little memory. Only the last
/// mebibyte is in memory. The file has no name, so it disappears with the process.
final class SpillFile {
    private let descriptor: Int32
    private var tail: [UInt8] = []
    private var tailStart = 0

    private static let tailLimit = 1 << 20

    /// - Parameter folder: the folder whose disk holds the file.
    init(in folder: String) throws(SpillError) {
        var path = Array("\(folder)/salestargets-XXXXXX".utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw SpillError(doing: "creating a temporary file in \(folder)") }
        unlink(path)
        tail.reserveCapacity(Self.tailLimit)
    }

    deinit { close(descriptor) }

    /// Adds a record.
    /// - Returns: its offset.
    func append(_ record: [UInt8]) throws(SpillError) -> Int {
        if tail.count + record.count > Self.tailLimit {
            try write(tail, at: tailStart)
            tailStart += tail.count
            tail.removeAll(keepingCapacity: true)
        }
        tail.append(contentsOf: record)
        return tailStart + tail.count - record.count
    }

    /// Replaces a record that is at least as long.
    func overwrite(_ record: [UInt8], at offset: Int) throws(SpillError) {
        if offset < tailStart { return try write(record, at: offset) }
        let start = offset - tailStart
        tail.replaceSubrange(start..<start + record.count, with: record)
    }

    func read(at offset: Int, count: Int) throws(SpillError) -> [UInt8] {
        if offset >= tailStart {
            let start = offset - tailStart
            return Array(tail[start..<start + count])
        }
        var done = 0
        var isBroken = false
        let record = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while done < count {
                let result = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
                if result <= 0 {
                    isBroken = true
                    break
                }
                done += result
            }
            initialized = done
        }
        if isBroken { throw SpillError(doing: "reading a temporary file") }
        return record
    }

    private func write(_ bytes: [UInt8], at offset: Int) throws(SpillError) {
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
            if result < 0 { throw SpillError(doing: "writing a temporary file") }
            done += result
        }
    }
}

/// The temporary file could not be created, read or written.
package struct SpillError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(doing what: String) {
        description =
            "\(what) failed: \(String(cString: strerror(errno))). The verification needs about 250 bytes of disk for each "
            + "order: set TMPDIR to a folder that has room"
    }
}
