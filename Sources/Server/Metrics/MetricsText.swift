/// Builds a text in Prometheus' text format 0.0.4.
struct MetricsText {
    private(set) var text = ""
    private var name = ""

    enum Kind: String {
        case counter, gauge, histogram
    }

    /// Begins a metric family; the samples that follow belong to it.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// - Parameter suffix: added to the family's name, such as `_bucket` for a histogram.
    mutating func sample(
        _ suffix: String,
        _ labels: KeyValuePairs<String, String>,
        _ value: some CustomStringConvertible
    ) {
        let list = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(name)\(suffix)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// Writes a gauge with one sample and no labels.
    mutating func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
        family(name, .gauge, help)
        sample("", [:], value)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
