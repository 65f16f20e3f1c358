internal import Concurrency
internal import Foundation
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program that this process starts, and that ends with this process.
///
/// A separate thread starts the child and waits for its end. Linux kills a child with a `pdeathsig` when that *thread*
/// ends, so the thread must live as long as the child. `setpriv` sets the signal, because no code of this process can run
/// between `fork` and `exec`. The child has its own process group, so Ctrl-C on the terminal does not reach it.
package final class ChildProcess: Sendable {
    private enum State {
        case starting
        case running(pid_t)
        case reaped
    }

    /// Why waiting for a program failed.
    package enum Failure: WaitFailure, Hashable, CustomStringConvertible {
        /// The text is the reason.
        case cannotStart(String)
        case timeout(String)
        case cancelled

        package var description: String {
            switch self {
            case .cannotStart(let reason): reason
            case .timeout(let what): "the program took too long: \(what)"
            case .cancelled: "cancelled while waiting for the program"
            }
        }
    }

    /// Completed with the process id once the program runs.
    let started = Completion<pid_t, Failure>()
    /// Completed with the exit code once the program has ended; -1 if it could not be started.
    let ended = Completion<Int32, Failure>()
    private let state = Mutex(State.starting)

    /// Starts `command`, whose first word is a path. Its output is appended to the file `log`.
    /// - Parameter environment: nil for the environment of this process.
    package init(_ command: [String], environment: [String: String]? = nil, log: String) {
        let hasSetpriv = FileManager.default.isExecutableFile(atPath: Self.setpriv)
        let words = hasSetpriv ? [Self.setpriv, "--pdeathsig", "KILL", "--"] + command : command
        let variables = environment?.map { "\($0)=\($1)" }
        Thread.detachNewThread { self.run(words, variables, log: log) }
    }

    private static let setpriv = "/usr/bin/setpriv"

    /// Whether the program has not ended; also true before it has started.
    package var isRunning: Bool {
        state.withLock { if case .reaped = $0 { false } else { true } }
    }

    /// Waits until the program has started.
    ///
    /// - Throws: ``Failure/cannotStart(_:)``.
    package func waitUntilStarted() async throws(Failure) {
        _ = try await started.value()
    }

    /// Waits until the program has ended.
    ///
    /// - Returns: its exit code; 128 plus the signal's number if a signal ended it, as in a shell.
    /// - Throws: ``Failure/timeout(_:)``, or ``Failure/cancelled``.
    @discardableResult
    package func waitUntilEnded(atMost limit: Duration) async throws(Failure) -> Int32 {
        try await ended.value(atMost: limit)
    }

    /// Sends a signal if the program runs.
    package func signal(_ number: Int32) {
        state.withLock { state in
            // The lock prevents reaping, so no other process can have this id. The only possible error is a number that
            // is not a signal.
            if case .running(let identifier) = state { _ = kill(identifier, number) }
        }
    }

    private func run(_ words: [String], _ variables: [String]?, log: String) {
        switch Self.spawn(words, variables, log: log) {
        case .failure(let error):
            state.withLock { $0 = .reaped }
            started.complete(.failure(.cannotStart("\(words[0]) cannot be started: \(error.text)")))
            ended.complete(.success(-1))
        case .success(let identifier):
            state.withLock { $0 = .running(identifier) }
            started.complete(.success(identifier))
            // Waits without reaping, so that the reaping below can happen under the lock.
            var information = siginfo_t()
            while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
            var status: Int32 = 0
            state.withLock { state in
                while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
                state = .reaped
            }
            let signal = status & 0x7F
            ended.complete(.success(signal == 0 ? status >> 8 & 0xFF : 128 + signal))
        }
    }

    private struct SystemError: Error {
        let number: Int32
        var text: String { String(cString: strerror(number)) }
    }

    private static func spawn(
        _ words: [String],
        _ variables: [String]?,
        log: String
    ) -> Result<pid_t, SystemError> {
        // The `defer` below frees all C memory of this function. posix_spawn copies what it needs.
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        var noSignals = sigset_t()
        var allSignals = sigset_t()
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { $0.map { strdup($0) } + [nil] } ?? []
        // These cannot fail: they only initialise a struct.
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            for text in arguments + environment { free(text) }
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        sigemptyset(&noSignals)
        sigfillset(&allSignals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        // Closed in the child, because not every library opens its sockets with close-on-exec.
        let open = try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")
        let inherited = (open ?? []).compactMap { Int32($0) }
        var preparations = [
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0),
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600),
            posix_spawn_file_actions_adddup2(&actions, 1, 2),
            posix_spawnattr_setflags(&attributes, Int16(flags)),
            posix_spawnattr_setpgroup(&attributes, 0),
            posix_spawnattr_setsigmask(&attributes, &noSignals),
            posix_spawnattr_setsigdefault(&attributes, &allSignals),
        ]
        for descriptor in inherited where descriptor > 2 {
            preparations.append(posix_spawn_file_actions_addclose(&actions, descriptor))
        }
        if let number = preparations.first(where: { $0 != 0 }) { return .failure(SystemError(number: number)) }
        var identifier: pid_t = 0
        let number =
            variables == nil
            ? posix_spawn(&identifier, words[0], &actions, &attributes, &arguments, environ)
            : posix_spawn(&identifier, words[0], &actions, &attributes, &arguments, &environment)
        return number == 0 ? .success(identifier) : .failure(SystemError(number: number))
    }
}
