import ArgumentParser
import Foundation

/// The program's entry: parses, wires, runs.
@main
struct SalesTargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salestargets",
        abstract: "Sales targets that move the moment an order is saved.",
        discussion: """
            Orders, allocations, targets and people are events in Kafka; workers keep the results in Redis, and the \
            server shows them. Try `salestargets demo`: it needs nothing else.

            Every setting is a flag, an environment variable (--redis-url is SALESTARGETS_REDIS_URL) or a word in the \
            JSON file that --config names, in that order of precedence.

            Exit codes: 0 done; 1 the work failed; 2 bad usage or configuration; 130 and 143 on signals.
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, WorkerCommand.self, ServeCommand.self, TopicsCommand.self, LoadCommand.self,
            StatusCommand.self, AccountCommand.self, TargetsCommand.self,
            VerifyCommand.self, RebuildCommand.self, DeadLettersCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            // The parser's own code for bad usage is 64; the contract's is 2.
            let code = exitCode(for: error)
            if code == .success || code == .validationFailure {
                let text = fullMessage(for: error)
                if !text.isEmpty {
                    Terminal.write(text + "\n", to: code == .success ? .standardOutput : .standardError)
                }
                Foundation.exit(code == .success ? 0 : 2)
            }
            Terminal.write("salestargets: \(error)\n", to: .standardError)
            Foundation.exit(error is SettingsError ? 2 : 1)
        }
    }
}
