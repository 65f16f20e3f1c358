import ArgumentParser
import Events
import Foundation
import Ledger
import Redis
import SalesRules
import Server
import Synchronization

struct TargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "targets",
        abstract: "Creates and changes many targets at once.",
        subcommands: [ImportTargetsCommand.self]
    )
}

struct ImportTargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Creates and changes the targets in a CSV file.",
        discussion: """
            The first row names the columns: name, measure (revenue or orders), goal, start, end, assignees (ids with \
            semicolons between them), and optionally id. The other columns of targets.csv, which the server exports, are \
            ignored, but a currency must be the currency of the results.

            A row with an id changes the target with this id. A row without an id changes the target that has the same \
            name, measure, period and assignees. If there is no such target, the row creates one.

            All rows are checked first. If there is a mistake, nothing is changed, and each mistake is printed with its \
            line and column. The command waits until the workers have applied the targets.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Argument(help: ArgumentHelp("The CSV file: UTF-8, with commas between the columns.", valueName: "file.csv"))
    var file: String

    @Flag(help: "Check the file and print what would change, but change nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("The tenant of the targets (default: the setting default-tenant).", valueName: "id"))
    var tenant: String?

    /// How many targets are written before the command waits for the workers.
    private static let chunk = 500

    func run() async throws {
        let settings = try common.settings(rules.words)
        let ledger = try settings.ledger
        let tenant = try self.tenant.map { try Self.id($0) } ?? settings.defaultTenant
        let table = TargetTable(reading: try Self.contents(of: file), currency: ledger.rules.currency)
        if !table.mistakes.isEmpty {
            for mistake in table.mistakes { Terminal.write("\(file): \(mistake)\n", to: .standardError) }
            Terminal.write("nothing was changed: \(table.mistakes.count) mistake(s)\n", to: .standardError)
            throw ExitCode(1)
        }
        let client = RedisClient(try settings.redis)
        let producer = EventProducer(settings.log, topics: settings.topics, currency: ledger.rules.currency)
        let reader = LedgerReader(link: client, settings: ledger)
        let writer = EventWriter(log: producer, link: client, keys: ledger.keys, timeout: .seconds(60))
        let outcome: Result<Void, any Error>
        do {
            try await reader.loadCatalog()
            let plan = try await TargetImport(table, into: tenant, reader)
            for warning in plan.warnings { Terminal.write("\(file): warning: \(warning)\n", to: .standardError) }
            if !dryRun { try await Self.write(plan.events, with: writer) }
            Terminal.line("\(plan.summary)\(dryRun ? "; nothing was changed: this was a dry run" : "")")
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await producer.close()
        await client.shutdown()
        try outcome.get()
    }

    private static func write(_ events: [Event], with writer: EventWriter) async throws {
        let stop = Atomic<Bool>(false)
        try await UntilSignal.run {
            var bar = ProgressBar("targets", total: events.count)
            var rest = events[...]
            while !rest.isEmpty, !stop.load(ordering: .relaxed) {
                let chunk = Array(rest.prefix(Self.chunk))
                guard try await writer.write(chunk, by: nil) else { throw NotApplied() }
                rest.removeFirst(chunk.count)
                bar.show(events.count - rest.count)
            }
            bar.end()
        } onSignal: {
            stop.store(true, ordering: .relaxed)
        }
    }

    private static func id(_ text: String) throws -> Identifier {
        guard let id = Identifier(text) else { throw SettingsError(description: "--tenant: \"\(text)\" is not an id") }
        return id
    }

    private static func contents(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError(description: "\(path) cannot be read")
        }
        guard data.count <= TargetTable.maximumSize else {
            throw SettingsError(description: "\(path) is larger than \(TargetTable.maximumSize / 1_048_576) MiB")
        }
        return Array(data)
    }
}

/// The workers have not applied the written targets in time.
private struct NotApplied: Error, CustomStringConvertible {
    let description = "the targets are in Kafka, but no worker applied them within 60 s; check that a worker is running"
}

/// The changes that a table makes to the current targets.
private struct TargetImport {
    /// One for each target that is new or changed.
    private(set) var events: [Event] = []
    private(set) var warnings: [String] = []
    private var new = 0
    private var unchanged = 0

    var summary: String {
        "\(new) new target(s), \(events.count - new) changed, \(unchanged) as they were"
    }

    init(_ table: TargetTable, into tenant: Identifier, _ reader: LedgerReader) async throws {
        let catalog = try await reader.catalog(of: tenant)
        let people = try await reader.people(of: tenant)
        var alike = Dictionary(
            catalog.targets.map { ($0.target.duplicateKey, $0.target.id) },
            uniquingKeysWith: { first, _ in first }
        )
        for row in table.rows {
            for assignee in row.target.assignees where people[assignee] == nil {
                warnings.append("line \(row.line): no salesperson \(assignee) is known yet")
            }
            // If two rows are alike, the second one creates a target.
            let known = row.id ?? alike.removeValue(forKey: row.target.duplicateKey)
            let record = if let known { try await reader.targetRecord(known, of: tenant) } else { CatalogRecord?.none }
            let inYear = row.inYear ?? record?.target?.inYear ?? true
            try add(
                row.target.with(inYear: inYear),
                as: TenantScoped(tenant: tenant, id: known ?? .random("T-")),
                record
            )
        }
    }

    private mutating func add(_ target: Target, as key: TenantScoped, _ record: CatalogRecord?) throws {
        let target = target.with(id: key.id, version: nil)
        if record?.target?.with(version: nil) == target {
            unchanged += 1
            return
        }
        if record?.target == nil { new += 1 }
        let version = try EventWriter.edit(after: record?.version)
        events.append(Event(tenant: key.tenant, .target(key.id, .saved(target.with(version: version)))))
    }
}
