internal import Foundation

/// A JSON value in a token.
enum ClaimValue: Decodable, Hashable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    case list([ClaimValue])
    case members([String: ClaimValue])
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let list = try? container.decode([ClaimValue].self) {
            self = .list(list)
        } else {
            self = .members(try container.decode([String: ClaimValue].self))
        }
    }

    /// The value as a date, when it is a number of seconds since 1970.
    var date: Date? {
        switch self {
        case .integer(let seconds): Date(timeIntervalSince1970: Double(seconds))
        case .number(let seconds): Date(timeIntervalSince1970: seconds)
        default: nil
        }
    }

    /// The value as an id, which a provider may write as a number.
    var idText: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// The texts in a text or in a list.
    var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let list): list.compactMap { if case .text(let text) = $0 { text } else { nil } }
        default: []
        }
    }
}
