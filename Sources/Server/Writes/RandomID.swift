package import SalesRules

extension Identifier {
    /// An id that nothing else has: 16 characters after its prefix, some 83 bits.
    package static func random(_ prefix: String) -> Identifier {
        let characters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        let name = String((0..<16).map { _ in characters[Int.random(in: 0..<36, using: &generator)] })
        // Of characters that ids are made of, and short.
        return Identifier(prefix + name)!
    }
}
