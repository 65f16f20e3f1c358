import ArgumentParser
import Concurrency
import Foundation
import Kafka
import Server

/// Reads a password. It is never an argument, because other users of the machine can see arguments.
struct PasswordOptions: ParsableArguments {
    @Flag(help: "Read the password from the first line of standard input instead of asking for it.")
    var passwordStdin = false

    /// Reads a password and hashes it.
    /// - Throws: `Refusal` if the password is too short or too long.
    func hash() async throws -> PasswordHash {
        let password = passwordStdin ? readLine() ?? "" : try Self.ask()
        guard password.count >= PasswordHash.minimumCharacters, password.utf8.count <= PasswordHash.maximumBytes else {
            throw AccountCommand.Refusal(
                description: "a password has at least \(PasswordHash.minimumCharacters) characters, and at most "
                    + "\(PasswordHash.maximumBytes) bytes; choose a few words together"
            )
        }
        return try await BlockingThread.run("password") { try PasswordHash(of: password) }
    }

    private static func ask() throws -> String {
        let first = try Terminal.secret("Password: ")
        guard try Terminal.secret("Again: ") == first else {
            throw AccountCommand.Refusal(description: "the two passwords are not the same; nothing was changed")
        }
        return first
    }
}

extension Terminal {
    /// Reads a line from the terminal without showing it, even if the standard streams are redirected.
    static func secret(_ prompt: String) throws -> String {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AccountCommand.Refusal(
                description:
                    "there is no terminal to ask for the password; use --password-stdin and write the password to "
                    + "standard input"
            )
        }
        let terminal = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var shown = termios()
        tcgetattr(descriptor, &shown)
        var hidden = shown
        // Signals and line editing are off too: a signal would end the program and leave the terminal without echo.
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(descriptor, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(descriptor, TCSAFLUSH, &shown)
            write("\n", to: terminal)
        }
        write(prompt, to: terminal)
        var bytes: [UInt8] = []
        while let byte = try terminal.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            switch byte {
            case Key.interrupt: throw ExitCode(130)
            case Key.endOfInput: return String(decoding: bytes, as: UTF8.self)
            case Key.erase, Key.backspace:
                // Removes one whole UTF-8 character: its continuation bytes and its first byte.
                while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
            case Key.eraseLine: bytes = []
            case _ where bytes.count <= PasswordHash.maximumBytes: bytes.append(byte)
            default: break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Control characters that the terminal handles itself in its normal mode.
    private enum Key {
        static let interrupt: UInt8 = 3
        static let endOfInput: UInt8 = 4
        static let backspace: UInt8 = 8
        static let eraseLine: UInt8 = 21
        static let erase: UInt8 = 127
    }
}
