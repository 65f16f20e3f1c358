/// Finds what someone meant who misspelt a word.
enum NearestWord {
    /// The word with the fewest changes of one character to `text`; nil when all are far from it.
    static func of(_ text: String, among words: [String]) -> String? {
        let limit = max(2, text.count / 4)
        return words.sorted().map { (word: $0, changes: changes($0, text)) }
            .filter { $0.changes <= limit }
            .min { $0.changes < $1.changes }?.word
    }

    /// How many characters have to be changed, added or removed (Levenshtein distance).
    private static func changes(_ first: String, _ second: String) -> Int {
        let second = Array(second)
        var row = Array(0...second.count)
        for (index, character) in first.enumerated() {
            var (diagonal, left) = (row[0], index + 1)
            row[0] = left
            for (place, other) in second.enumerated() {
                left = min(diagonal + (character == other ? 0 : 1), row[place + 1] + 1, left + 1)
                (diagonal, row[place + 1]) = (row[place + 1], left)
            }
        }
        return row[second.count]
    }
}
