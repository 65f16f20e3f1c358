/// Where an object is in its record. It becomes a text only for an error.
indirect enum MemberPath: Sendable {
    case record
    case member(MemberPath, MemberName)
    case element(MemberPath, MemberName, Int)

    /// What goes before the name of a member: `allocations[2].`, for example; empty for the record itself.
    var prefix: String { text.map { "\($0)." } ?? "" }

    /// The object itself: `allocations[2]`, for example; nil for the record.
    var text: String? {
        switch self {
        case .record: nil
        case .member(let parent, let name): "\(parent.prefix)\(name.text)"
        case .element(let parent, let name, let index): "\(parent.prefix)\(name.text)[\(index)]"
        }
    }
}
