/// The options of SCAN or HSCAN.
struct Scan {
    /// The index of the TYPE argument in the request, if there is one.
    private(set) var type: Int?
    private var pattern: [UInt8]?

    /// - Parameter place: the index of the cursor argument.
    init(_ request: Request, from place: Int) throws(Refusal) {
        guard UInt64(request.text(place)) != nil else { throw Refusal("ERR invalid cursor") }
        var place = place + 1
        while place < request.count {
            guard place + 1 < request.count else { throw .syntax }
            if request.isWord(place, "COUNT") {
                if try request.integer(place + 1) < 1 { throw .syntax }
            } else if request.isWord(place, "MATCH") {
                pattern = request.copy(place + 1)
            } else if request.isWord(place, "TYPE"), request.isWord(0, "SCAN") {
                type = place + 1
            } else {
                throw .syntax
            }
            place += 2
        }
    }

    /// Whether a name matches the pattern: `*` is any sequence, `?` is any byte, `\` quotes the next byte.
    func matches(_ name: [UInt8]) -> Bool {
        guard let pattern else { return true }
        return Self.matches(name[...], pattern[...])
    }

    private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let sign = pattern.first else { return name.isEmpty }
        precondition(sign != UInt8(ascii: "["), "the simulated Redis does not support classes in patterns")
        switch sign {
        case UInt8(ascii: "*"):
            return (name.startIndex...name.endIndex).contains { matches(name[$0...], pattern.dropFirst()) }
        case UInt8(ascii: "?"):
            return !name.isEmpty && matches(name.dropFirst(), pattern.dropFirst())
        default:
            let isQuoted = sign == UInt8(ascii: "\\") && pattern.count > 1
            let rest = isQuoted ? pattern.dropFirst() : pattern
            return name.first == rest.first && matches(name.dropFirst(), rest.dropFirst())
        }
    }
}
