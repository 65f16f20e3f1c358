internal import Concurrency
internal import Foundation
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program that was started by us and ends with us.
///
/// A thread of its own starts it and waits for its end. On Linux the kernel kills a child whose `pdeathsig` is set when
/// that *thread* ends, so the thread must live as long as the child; `setpriv` sets it, because nothing of ours can run
/// between `fork` and `exec`. It gets a process group of its own: Ctrl-C on the terminal is for us, not for it.
package final class ChildProcess: Sendable {
    private enum State {
        case starting
        case running(pid_t)
        case reaped
    }

    /// Why a program did not start, or did not end in time.
    package enum Failure: WaitFailure, Hashable, CustomStringConvertible {
        /// The text says why.
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

    /// Completed with the process number once it runs.
    let started = Completion<pid_t, Failure>()
    /// Completed with its exit code once it has ended; -1 when it could not be started.
    let ended = Completion<Int32, Failure>()
    private let state = Mutex(State.starting)

    /// Starts `command`, whose first word is a path; what it prints is added to the file `log`.
    /// - Parameter environment: nil for ours.
    package init(_ command: [String], environment: [String: String]? = nil, log: String) {
        let hasSetpriv = FileManager.default.isExecutableFile(atPath: Self.setpriv)
        let words = hasSetpriv ? [Self.setpriv, "--pdeathsig", "KILL", "--"] + command : command
        let variables = environment?.map { "\($0)=\($1)" }
        Thread.detachNewThread { self.run(words, variables, log: log) }
    }

    private static let setpriv = "/usr/bin/setpriv"

    /// Whether it has not ended; true also before it has begun.
    package var isRunning: Bool {
        state.withLock { if case .reaped = $0 { false } else { true } }
    }

    /// Waits until it has been started.
    ///
    /// - Throws: ``Failure/cannotStart(_:)``.
    package func waitUntilStarted() async throws(Failure) {
        _ = try await started.value()
    }

    /// Waits until it has ended.
    ///
    /// - Returns: its exit code; 128 and the signal's number when a signal ended it, as a shell tells it.
    /// - Throws: ``Failure/timeout(_:)``, or ``Failure/cancelled``.
    @discardableResult
    package func waitUntilEnded(atMost limit: Duration) async throws(Failure) -> Int32 {
        try await ended.value(atMost: limit)
    }

    /// Sends a signal, unless it does not run.
    package func signal(_ number: Int32) {
        state.withLock { state in
            // Under the lock it is not reaped, so its number cannot have gone to another process; an error can then
            // only be a number that is no signal.
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
        // Everything C here is ours and freed or destroyed when the function ends; posix_spawn copies it.
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        var noSignals = sigset_t()
        var allSignals = sigset_t()
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { $0.map { strdup($0) } + [nil] } ?? []
        // Neither can fail: they only fill in a struct.
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
        // Not every library opens its sockets so that children do not inherit them.
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
