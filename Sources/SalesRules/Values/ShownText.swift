/// Texts that are only shown (docs/CONTRACT.md, "Conventions").
public enum ShownText {
    /// The most Unicode characters of a text; what is more is cut.
    public static let maximum = 500

    /// The text, cut where it is too long: not within what people see as one character, unless that alone is too long.
    public static func cut(_ text: String) -> String {
        guard text.utf8.count > maximum,
            let limit = text.unicodeScalars.index(text.startIndex, offsetBy: maximum, limitedBy: text.endIndex),
            limit < text.endIndex
        else { return text }
        var end = text.startIndex
        while case let next = text.index(after: end), next <= limit { end = next }
        return String(text[..<(end == text.startIndex ? limit : end)])
    }
}
