import ArgumentParser
import Concurrency
import Foundation
import Kafka
import Server

/// Where a password comes from: never from an argument, which other users of the machine can see.
struct PasswordOptions: ParsableArguments {
    @Flag(help: "Read the password from the first line of standard input instead of asking for it.")
    var passwordStdin = false

    /// The hash of a password that is asked for and is good enough.
    func hash() async throws -> PasswordHash {
        let password = passwordStdin ? readLine() ?? "" : try Self.ask()
        guard password.count >= PasswordHash.minimumCharacters, password.utf8.count <= PasswordHash.maximumBytes else {
            throw AccountCommand.Refusal(
                description: "a password has at least \(PasswordHash.minimumCharacters) characters, and at most "
                    + "\(PasswordHash.maximumBytes) bytes; a few words together make a good one"
            )
        }
        return try await BlockingThread.run("password") { try PasswordHash(of: password) }
    }

    private static func ask() throws -> String {
        let first = try Terminal.secret("Password: ")
        guard try Terminal.secret("Again: ") == first else {
            throw AccountCommand.Refusal(description: "the two passwords are not the same; nothing is changed")
        }
        return first
    }
}

extension Terminal {
    /// Asks for something on the terminal without showing it, wherever the standard streams go.
    static func secret(_ prompt: String) throws -> String {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AccountCommand.Refusal(
                description: "there is no terminal to ask on; give --password-stdin and the password on standard input"
            )
        }
        let terminal = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var shown = termios()
        tcgetattr(descriptor, &shown)
        var hidden = shown
        // Also without the keyboard's signals and line editing: a signal would leave a terminal that shows nothing.
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
                // A character is its first byte and those that continue it.
                while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
            case Key.eraseLine: bytes = []
            case _ where bytes.count <= PasswordHash.maximumBytes: bytes.append(byte)
            default: break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the terminal itself acts on otherwise.
    private enum Key {
        static let interrupt: UInt8 = 3
        static let endOfInput: UInt8 = 4
        static let backspace: UInt8 = 8
        static let eraseLine: UInt8 = 21
        static let erase: UInt8 = 127
    }
}
