import Foundation

/// The settings in a config file: a JSON object of settings by their words, and librdkafka's properties in `kafka`.
struct SettingsFile {
    /// The settings, each as the text that its flag would have.
    let words: [String: String]
    /// The properties of librdkafka.
    let kafka: [String: String]

    /// - Parameter known: the words that there are.
    /// - Throws: ``SettingsError``
    init(_ path: String, known: [String]) throws {
        let content: [String: Value]
        do {
            content = try JSONDecoder().decode(
                [String: Value].self,
                from: try Data(contentsOf: URL(fileURLWithPath: path))
            )
        } catch {
            throw SettingsError(
                description: "the config file \(path) cannot be read as a JSON object: \(Self.text(error))"
            )
        }
        var (words, kafka) = ([String: String](), [String: String]())
        for (word, value) in content.sorted(by: { $0.key < $1.key }) {
            if word == "kafka", case .object(let properties) = value {
                kafka = properties.compactMapValues { $0.words.map { $0.joined(separator: ",") } }
                guard kafka.count == properties.count else {
                    throw SettingsError(description: "the config file \(path): a property in \"kafka\" is not a text")
                }
            } else if known.contains(word) {
                words[word] = try value.text(of: word, path)
            } else {
                let nearest = NearestWord.of(word, among: known).map { "; the nearest is \"\($0)\"" } ?? ""
                throw SettingsError(
                    description:
                        "the config file \(path) has an unknown setting \"\(word)\"\(nearest); the settings are "
                        + known.joined(separator: ", ") + " and kafka"
                )
            }
        }
        (self.words, self.kafka) = (words, kafka)
    }

    private static func text(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "\(error.localizedDescription)" }
        return context.debugDescription
    }

    private enum Value: Decodable {
        case none
        case text(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .none
            } else if let flag = try? container.decode(Bool.self) {
                self = .text(String(flag))
            } else if let number = try? container.decode(Int64.self) {
                self = .text(String(number))
            } else if let number = try? container.decode(Double.self) {
                self = .text(String(number))
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        /// The text, or those of the list; nil for anything else.
        var words: [String]? {
            switch self {
            case .text(let text): return [text]
            case .list(let values):
                let words = values.compactMap { value -> String? in
                    if case .text(let text) = value { text } else { nil }
                }
                return words.count == values.count ? words : nil
            case .none, .object: return nil
            }
        }

        /// As a flag would have it: a list is a JSON array. Nil where the setting is null, which counts as absent.
        func text(of word: String, _ path: String) throws -> String? {
            switch self {
            case .none: return nil
            case .text(let text): return text
            case .list, .object:
                guard case .list = self, let words else {
                    throw SettingsError(
                        description: "the config file \(path): \"\(word)\" is neither a text nor a list"
                    )
                }
                return String(decoding: try JSONEncoder().encode(words), as: UTF8.self)
            }
        }
    }
}
