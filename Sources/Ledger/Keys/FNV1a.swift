/// The 64-bit FNV-1a hash: the same in every process and version.
package struct FNV1a {
    /// The hash of the bytes so far.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// An FNV-1a hash of no bytes.
    package init() {}

    /// Adds bytes to the hash.
    package mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}
