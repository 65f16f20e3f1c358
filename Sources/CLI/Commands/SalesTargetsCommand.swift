import ArgumentParser
import Foundation
import Ledger
import Log
import Redis

/// The program: parses the command line and runs the command.
@main
struct SalesTargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salestargets",
        abstract: "Sales targets whose results change as soon as an order is saved.",
        discussion: """
            Orders, allocations, targets and people are events in Kafka. Workers apply them to Redis, and the server \
            answers from Redis over HTTP. To try it, run `salestargets demo`: it needs no configuration.

            A setting is a flag (--redis-url), an environment variable (SALESTARGETS_REDIS_URL) or a member of the JSON \
            file that --config or SALESTARGETS_CONFIG names ("redis-url"), in that order of precedence.

            Exit codes: 0 done; 1 the work failed or a check found something; 2 bad usage or configuration; 3 a person has \
            to act, and starting again does not help: a wrong password or certificate, a missing right, other settings, a \
            damaged view; 130 and 143 ended by SIGINT and SIGTERM.
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, WorkerCommand.self, ServeCommand.self, TopicsCommand.self, LoadCommand.self,
            StatusCommand.self, AccountCommand.self, TargetsCommand.self,
            VerifyCommand.self, RebuildCommand.self, DeadLettersCommand.self,
        ]
    )

    /// The exit code for an error (docs/CONTRACT.md, "Command line").
    static func status(of error: any Error) -> Int32 {
        switch error {
        case is SettingsError: 2
        case is LogStopped: 3
        case let error as LogError: error.isBadSetting ? 2 : error.needsPerson ? 3 : 1
        case let error as LedgerError: error.needsPerson ? 3 : 1
        case let error as RedisError: error.needsPerson ? 3 : 1
        default: 1
        }
    }

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
            // ArgumentParser exits with 64 on bad usage; docs/CONTRACT.md, "Command line", says 2.
            let code = exitCode(for: error)
            if code == .success || code == .validationFailure {
                let text = fullMessage(for: error)
                if !text.isEmpty {
                    Terminal.write(text + "\n", to: code == .success ? .standardOutput : .standardError)
                }
                Foundation.exit(code == .success ? 0 : 2)
            }
            Terminal.write("salestargets: \(error)\n", to: .standardError)
            // Not `exit`: it takes OpenSSL down while the threads of a Kafka client that has not ended still use it.
            fflush(nil)
            _exit(Self.status(of: error))
        }
    }
}
