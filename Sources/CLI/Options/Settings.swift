import Events
import Foundation
import Kafka
import Ledger
import Log
import Operations
import Redis
import SalesRules
import Worker

/// A setting that cannot be used. The description names the setting and says what is accepted.
struct SettingsError: Error, CustomStringConvertible {
    let description: String
}

/// The values of all settings, from flags, the environment and a config file, in that order of precedence.
struct Settings: Sendable {
    private let flags: [String: String]
    private let kafkaFlags: [String: String]
    private let environment: [String: String]
    private let file: [String: String]
    private let kafkaFile: [String: String]

    /// The default of each setting by its name. `redis-url` is `--redis-url` as a flag, `SALESTARGETS_REDIS_URL` in the
    /// environment, and `redis-url` in the config file.
    static let words: [String: String] = [
        "kafka-bootstrap-servers": "127.0.0.1:9092",
        "kafka-group": "sales-targets",
        "redis-url": "redis://127.0.0.1:6379/0",
        "http-host": "127.0.0.1",
        "http-port": "8080",
        "auth-secret-file": "",
        "auth-jwks": "",
        "auth-issuer": "",
        "auth-audience": "",
        "auth-person-claim": "sub",
        "auth-role-claim": "role",
        "auth-roles": "",
        "accounts-file": "",
        "frame-ancestors": "",
        "trusted-proxies": "",
        "secure-cookies": "false",
        "chart-library": "/usr/share/javascript/chart.js/chart.min.js",
        "currency": "EUR",
        "owner-credit": "whole",
        "excluded-statuses": "Cancelled",
        "time-zone": "UTC",
        "default-tenant": "default",
        "shards": "1",
        "lanes": "\(WorkerSettings.defaultLanes)",
        "batch-size": "\(WorkerSettings.defaultBatchSize)",
        "topic-orders": "sales.orders",
        "topic-allocations": "sales.allocations",
        "topic-targets": "sales.targets",
        "topic-people": "sales.people",
        "topic-dead-letters": "sales.dead-letters",
        "vtiger-amount": "hdnGrandTotal",
        "vtiger-date": "createdtime",
    ]

    static let shardBounds = 1...1_024
    static let laneBounds = 1...64

    static let configHelp = """
        A JSON file with settings, each named like its flag without the dashes, for example "redis-url" \
        (default: the file in SALESTARGETS_CONFIG, or none).
        """

    /// The default of a setting, for help texts; empty if it has none.
    static func defaultText(_ word: String) -> String { words[word] ?? "" }

    init(
        flags: [String: String],
        kafka: [String],
        configFile: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        self.flags = flags
        // A variable that is set to an empty text counts as unset: compose files and unit files leave such.
        self.environment = environment.filter { !$0.value.isEmpty }
        kafkaFlags = try Dictionary(kafka.map(Self.property), uniquingKeysWith: { $1 })
        if let path = configFile ?? self.environment["SALESTARGETS_CONFIG"] {
            let content = try SettingsFile(path, known: Self.words.keys.sorted())
            (file, kafkaFile) = (content.words, content.kafka)
        } else {
            (file, kafkaFile) = ([:], [:])
        }
    }

    /// The value of a setting; empty if it was not given and has no default.
    func text(_ word: String) -> String {
        flags[word] ?? environment[Self.environmentName(word)] ?? file[word] ?? Self.words[word] ?? ""
    }

    /// The texts of a setting that is a list: a JSON array, or words between commas.
    func list(_ word: String) throws -> [String] {
        let text = text(word)
        guard text.drop(while: \.isWhitespace).first == "[" else {
            return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        guard let texts = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
            throw SettingsError(description: "--\(word): \"\(text)\" is not a JSON array of texts")
        }
        return texts
    }

    /// The secret in `SALESTARGETS_AUTH_SECRET`, unless a flag names its file: a flag beats the environment.
    var secretInEnvironment: String? {
        flags["auth-secret-file"] == nil ? environment[Self.secretName] : nil
    }

    private static let secretName = "SALESTARGETS_AUTH_SECRET"
    private static let kafkaPrefix = "SALESTARGETS_KAFKA_"

    /// A sentence for each variable that looks like a setting and is none. It is not refused: Kubernetes sets such
    /// variables for a service of this name.
    var warnings: [String] {
        let known = Self.words.keys.map(Self.environmentName) + [Self.secretName, "SALESTARGETS_CONFIG"]
        return environment.keys.sorted()
            .filter { $0.hasPrefix("SALESTARGETS_") && !$0.hasPrefix(Self.kafkaPrefix) && !known.contains($0) }
            .map { name in
                let nearest = NearestWord.of(name, among: known).map { "; the nearest is \($0)" } ?? ""
                return "\(name) is not a setting\(nearest)"
            }
    }

    func number(_ word: String, in range: ClosedRange<Int>) throws -> Int {
        guard let number = Int(text(word)), range.contains(number) else {
            throw SettingsError(
                description:
                    "--\(word): \"\(text(word))\" is not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    func value<Value>(_ word: String, _ expected: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(text(word)) else {
            throw SettingsError(description: "--\(word): \"\(text(word))\" is not \(expected)")
        }
        return value
    }

    static func environmentName(_ word: String) -> String {
        "SALESTARGETS_" + word.uppercased().replacing("-", with: "_")
    }

    private static func property(_ text: String) throws -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw SettingsError(description: "--kafka takes KEY=VALUE, for example --kafka security.protocol=ssl")
        }
        return (String(parts[0]), String(parts[1]))
    }
}

extension Settings {
    var kafka: KafkaConfiguration {
        let prefix = Self.kafkaPrefix
        // These two are settings of the program, not properties of librdkafka.
        let ownSettings: Set<String> = ["BOOTSTRAP_SERVERS", "GROUP"]
        var properties = kafkaFile
        for (name, value) in environment where name.hasPrefix(prefix) {
            let key = name.dropFirst(prefix.count)
            if ownSettings.contains(String(key)) { continue }
            properties[key.lowercased().replacing("_", with: ".")] = value
        }
        properties.merge(kafkaFlags) { $1 }
        let servers = (try? list("kafka-bootstrap-servers").joined(separator: ",")) ?? text("kafka-bootstrap-servers")
        return KafkaConfiguration(bootstrapServers: servers, properties: properties)
    }

    var redis: RedisEndpoint {
        get throws {
            do throws(RedisError) {
                return try RedisEndpoint(url: text("redis-url"))
            } catch {
                throw SettingsError(description: "--redis-url: \(error)")
            }
        }
    }

    var topics: TopicNames {
        TopicNames(
            orders: text("topic-orders"),
            allocations: text("topic-allocations"),
            targets: text("topic-targets"),
            people: text("topic-people"),
            deadLetters: text("topic-dead-letters")
        )
    }

    var defaultTenant: Identifier {
        get throws { try value("default-tenant", "an id") { Identifier($0) } }
    }

    var rules: Rules {
        get throws {
            Rules(
                currency: try value("currency", "a currency code of ISO 4217, for example EUR") { Currency($0) },
                ownerCredit: try value("owner-credit", "whole, remainder or none") { OwnerCredit(rawValue: $0) },
                excludedStatuses: try list("excluded-statuses")
            )
        }
    }

    var timeZone: String {
        get throws {
            try value("time-zone", "a time zone, for example Europe/Amsterdam") {
                TimeZone(identifier: $0) == nil ? nil : $0
            }
        }
    }

    var ledger: LedgerSettings {
        get throws {
            var input = LedgerSettings.Input()
            input.timeZone = try timeZone
            input.defaultTenant = try defaultTenant.rawValue
            input.vtigerAmount = text("vtiger-amount")
            input.vtigerDate = text("vtiger-date")
            for topic in Topic.allCases { input.topics[topic.rawValue] = topics[topic] }
            return LedgerSettings(
                rules: try rules,
                input: input,
                shards: try number("shards", in: Self.shardBounds)
            )
        }
    }

    /// The log at `kafka-bootstrap-servers`.
    var log: any LogBackend { KafkaBackend(kafka) }

    var operations: OperationsSettings {
        get throws {
            OperationsSettings(
                log: log,
                group: text("kafka-group"),
                topics: topics,
                redis: try redis,
                ledger: try ledger,
                events: try events
            )
        }
    }

    var worker: WorkerSettings {
        get throws {
            WorkerSettings(
                log: log,
                group: text("kafka-group"),
                topics: topics,
                redis: try redis,
                ledger: try ledger,
                events: try events,
                lanes: try number("lanes", in: Self.laneBounds),
                batchSize: try number("batch-size", in: 1...Catalogs.maximumChanges)
            )
        }
    }
}

extension Settings {
    var events: EventSettings {
        get throws {
            let amount = try value("vtiger-amount", "hdnGrandTotal or pre_tax_total") {
                EventSettings.VtigerAmount(rawValue: $0)
            }
            let date = try value("vtiger-date", "createdtime, duedate or a custom field cf_…") {
                EventSettings.VtigerDate($0)
            }
            return try EventSettings(
                defaultTenant: try defaultTenant,
                currency: try rules.currency,
                timeZone: try timeZone,
                vtigerAmount: amount,
                vtigerDate: date
            )
        }
    }
}
