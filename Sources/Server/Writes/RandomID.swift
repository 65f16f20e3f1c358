package import SalesRules

extension Identifier {
    /// A unique id: the prefix and 16 random characters, about 83 bits.
    package static func random(_ prefix: String) -> Identifier {
        let characters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        let name = String((0..<16).map { _ in characters[Int.random(in: 0..<36, using: &generator)] })
        // Always valid: it has only characters of ids, and the prefix is short.
        return Identifier(prefix + name)!
    }
}
