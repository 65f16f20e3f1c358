import Foundation
import Testing

@Suite("The account command", .timeLimit(.minutes(1)))
struct AccountCommandTests {
    /// Runs `salestargets account` on an accounts file in a temporary folder, with `input` on standard input.
    private struct Shell {
        let folder: URL
        var file: String { folder.appending(path: "accounts.json").path }

        /// - Returns: the exit code, the text on standard output and the text on standard error.
        func account(_ arguments: [String], input: String = "") throws -> (code: Int32, out: String, error: String) {
            let process = Process()
            process.executableURL = System.program
            process.arguments = ["account"] + arguments
            process.environment = ["SALESTARGETS_ACCOUNTS_FILE": file]
            let (out, error, standardInput) = (Pipe(), Pipe(), Pipe())
            process.standardOutput = out
            process.standardError = error
            process.standardInput = standardInput
            try process.run()
            try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try standardInput.fileHandleForWriting.close()
            let texts = [out, error].map {
                String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }
            process.waitUntilExit()
            return (process.terminationStatus, texts[0], texts[1])
        }
    }

    private func withShell(_ body: (Shell) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "account-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(Shell(folder: folder))
    }

    private let jan = ["add", "Jan@example.com", "--person", "u-17", "--role", "salesperson", "--password-stdin"]

    @Test("An account can be added, listed, given another password and removed; no password is printed or stored")
    func commands() throws {
        try withShell { shell in
            let added = try shell.account(jan, input: "a long enough one\n")
            #expect(added.code == 0)
            #expect(added.out == "jan@example.com may sign in as default/u-17, salesperson\n")
            let first = try String(contentsOfFile: shell.file, encoding: .utf8)
            #expect(!first.contains("a long enough one"))
            let list = try shell.account(["list", "--json"])
            let rows = try JSONSerialization.jsonObject(with: Data(list.out.utf8)) as? [[String: String]]
            #expect(
                rows == [
                    [
                        "username": "jan@example.com", "person": "u-17", "role": "salesperson", "tenant": "default",
                        "name": "",
                    ]
                ]
            )
            #expect(try shell.account(jan, input: "a long enough one\n").code == 1)
            #expect(
                try shell.account(["passwd", "JAN@example.com", "--password-stdin"], input: "another long one").code
                    == 0
            )
            #expect(try String(contentsOfFile: shell.file, encoding: .utf8) != first)
            #expect(try shell.account(["remove", "jan@example.com"]).code == 0)
            #expect(try shell.account(["list"]).out.isEmpty)
            for command in ["remove", "passwd"] {
                let answer = try shell.account([command, "jan@example.com"])
                #expect(answer.code == 1)
                #expect(answer.error.contains("there is no account jan@example.com"))
            }
        }
    }

    @Test("A missing password, and one that is too short or too long, is refused", arguments: ["", "nine char", "x"])
    func badPasswords(text: String) throws {
        try withShell { shell in
            let password = text == "x" ? String(repeating: "x", count: 257) : text
            let answer = try shell.account(jan, input: password + "\n")
            #expect(answer.code == 1)
            #expect(answer.error.contains("at least 10 characters"))
            #expect(!FileManager.default.fileExists(atPath: shell.file))
        }
    }

    @Test("An invalid role, person id, username or subcommand is a usage error")
    func usage() throws {
        try withShell { shell in
            for arguments in [
                ["add", "jan", "--person", "u-17", "--role", "boss"],
                ["add", "jan", "--person", "a/b", "--role", "manager"],
                ["add", "j an", "--person", "u-17", "--role", "manager"], ["add", "jan"], ["link", "u-17"], ["burn"],
            ] {
                let code = try shell.account(arguments, input: "a long enough one\n").code
                #expect(code == 2, "\(arguments)")
            }
        }
    }

    @Test("`all`, which stands for everyone, is refused as the person of an account or a link, and no file is written")
    func everyone() throws {
        try withShell { shell in
            for (arguments, input) in [
                (["add", "jan", "--person", "all", "--role", "manager", "--password-stdin"], "a long enough one\n"),
                (["link", "all", "--role", "manager", "--base-url", "https://targets.example.com"], ""),
            ] {
                let answer = try shell.account(arguments, input: input)
                #expect(answer.code == 2 && answer.out.isEmpty, "\(arguments)")
                #expect(answer.error.contains("`all` stands for everyone"), "\(answer.error)")
            }
            #expect(!FileManager.default.fileExists(atPath: shell.file))
        }
    }

    @Test("A link needs the secret, and consists of the server's address and a token")
    func link() throws {
        try withShell { shell in
            let arguments = ["link", "u-17", "--role", "salesperson", "--base-url", "https://targets.example.com/"]
            #expect(try shell.account(arguments).code == 2)
            let secret = shell.folder.appending(path: "secret")
            try Data("a secret that is only good for tests\n".utf8).write(to: secret)
            let answer = try shell.account(arguments + ["--auth-secret-file", secret.path, "--widget"])
            #expect(answer.code == 0)
            let parts = answer.out.split(separator: "#link=")
            #expect(parts.first == "https://targets.example.com/widget")
            #expect(parts.last?.split(separator: ".").count == 3)
        }
    }
}
