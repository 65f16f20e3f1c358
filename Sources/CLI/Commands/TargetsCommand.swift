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
        abstract: "Sets many targets at once.",
        subcommands: [ImportTargetsCommand.self]
    )
}

struct ImportTargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Sets the targets of a CSV file.",
        discussion: """
            The first row names the columns: name, measure (revenue or orders), goal, start, end, assignees (ids, with \
            semicolons between), and optionally id. Other columns of an export are left alone.

            A row with the id of a target that is there changes it; so does one without an id that has the name, \
            measure, period and assignees of one. All rows are checked first: with one mistake nothing is changed, and \
            each is printed with its line and column. What is changed is waited for until the workers have applied it.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Argument(help: ArgumentHelp("The file, in UTF-8, with commas.", valueName: "file.csv"))
    var file: String

    @Flag(help: "Check everything and say what would be done.")
    var dryRun = false

    @Option(help: ArgumentHelp("Whose targets they are (default: the default tenant).", valueName: "id"))
    var tenant: String?

    /// How many targets are under way at once.
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
        let writer = EventWriter(log: producer, link: client, keys: ledger.keys, patience: .seconds(60))
        let outcome: Result<Void, any Error>
        do {
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

/// No worker came to what was written.
private struct NotApplied: Error, CustomStringConvertible {
    let description = "the targets are in Kafka, but were not applied within 60 s: is a worker running?"
}

/// What importing a table comes to, next to the targets that are there.
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
            catalog.targets.map { ($0.target.likeness, $0.target.id) },
            uniquingKeysWith: { first, _ in first }
        )
        for row in table.rows {
            for assignee in row.target.assignees where people[assignee] == nil {
                warnings.append("line \(row.line): no salesperson \(assignee) is known yet")
            }
            // Of two rows alike, the second is a target of its own.
            let known = row.id ?? alike.removeValue(forKey: row.target.likeness)
            let record = if let known { try await reader.targetRecord(known, of: tenant) } else { CatalogRecord?.none }
            try add(row.target, as: TenantScoped(tenant: tenant, id: known ?? .random("T-")), record)
        }
    }

    private mutating func add(_ target: Target, as key: TenantScoped, _ record: CatalogRecord?) throws {
        let target = target.with(id: key.id, version: nil)
        if record?.target?.with(version: nil) == target {
            unchanged += 1
            return
        }
        if record?.target == nil { new += 1 }
        let version = try EventWriter.version(after: record?.version)
        events.append(Event(tenant: key.tenant, .target(key.id, .saved(target.with(version: version)))))
    }
}
