import Log
import Testing

@testable import struct Log.CRC32

@Suite("Fingerprints of records")
struct FingerprintTests {
    @Test(
        "The checksum is the CRC-32 of zlib",
        arguments: [("", 0), ("123456789", 0xCBF4_3926), ("a", 0xE8B7_BE43)] as [(String, UInt32)]
    )
    func known(text: String, checksum: UInt32) {
        var crc = CRC32()
        Array(text.utf8).withUnsafeBytes { crc.update($0) }
        #expect(crc.checksum == checksum)
    }

    @Test("The checksum does not depend on how the bytes are split")
    func pieces() {
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var whole = CRC32()
        bytes.withUnsafeBytes { whole.update($0) }
        for cut in 0...100 {
            var parts = CRC32()
            bytes[..<cut].withUnsafeBytes { parts.update($0) }
            bytes[cut...].withUnsafeBytes { parts.update($0) }
            #expect(parts.checksum == whole.checksum)
        }
    }

    @Test("Fingerprints distinguish null from empty, key from value, and timestamps")
    func distinguishes() {
        let all = [
            fingerprint(nil, nil, 1), fingerprint([], nil, 1), fingerprint(nil, [], 1), fingerprint([1], [2, 3], 1),
            fingerprint([1, 2], [3], 1), fingerprint([1], [2, 3], 2),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("The checksum of a record never changes, because it is stored in Redis")
    func stable() {
        #expect(fingerprint([107], [118], 1_700_000_000_000).checksum == 0xF8FD_7E33)
    }

    private func fingerprint(_ key: [UInt8]?, _ value: [UInt8]?, _ timestamp: Int64) -> Fingerprint {
        func lend<R>(_ bytes: [UInt8]?, _ body: (UnsafeBufferPointer<UInt8>?) -> R) -> R {
            bytes.map { $0.withUnsafeBufferPointer { body($0) } } ?? body(nil)
        }
        return lend(key) { key in
            lend(value) { value in Fingerprint(offset: 0, key: key, value: value, timestamp: timestamp) }
        }
    }
}
