internal import Glibc

/// Runs blocking work on a new thread: Swift's cooperative pool has one thread per core and must not be blocked.
public enum BlockingThread {
    /// The system cannot start another thread.
    public struct Unavailable: Error, CustomStringConvertible {
        /// The reason, from `pthread_create`.
        public let errno: Int32
        public var description: String { "no new thread: \(String(cString: strerror(errno)))" }
    }

    /// Runs `body` on a new thread and waits for it without blocking; its result or error is passed on.
    ///
    /// - Parameters:
    ///   - name: what `top` and debuggers show; Linux keeps the first 15 bytes.
    ///   - stackSize: in bytes.
    ///   - body: continues when the task is cancelled, so it must limit its own waits.
    public static func run<T: Sendable>(
        _ name: String,
        stackSize: Int = 4 << 20,
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do throws(Unavailable) {
                try start(name, stackSize: stackSize) {
                    continuation.resume(with: Result { try body() })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Starts a thread without waiting for it.
    /// - Throws: `Unavailable`; `body` is not run then.
    public static func start(
        _ name: String,
        stackSize: Int = 4 << 20,
        _ body: @escaping @Sendable () -> Void
    ) throws(Unavailable) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        var status = pthread_attr_setstacksize(&attributes, stackSize)
        if status != 0 { throw Unavailable(errno: status) }
        status = pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        if status != 0 { throw Unavailable(errno: status) }
        // The new thread releases it.
        let job = Unmanaged.passRetained(Job(name: name, body: body))
        var thread = pthread_t()
        status = pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            job.toOpaque()
        )
        if status != 0 {
            job.release()
            throw Unavailable(errno: status)
        }
    }

    /// Runs `body` on a new thread and blocks the caller until it is done, or until the deadline.
    /// - Returns: whether it was done; if not, its thread continues alone.
    package static func finishes(
        _ name: String,
        withinMilliseconds timeout: Int32,
        _ body: @escaping @Sendable () -> Void
    )
        -> Bool
    {
        let signal = Signal()
        do throws(Unavailable) {
            try start(name) {
                body()
                signal.post()
            }
        } catch {
            return false
        }
        return signal.wait(milliseconds: timeout)
    }

    private final class Job: Sendable {
        private let name: String
        private let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            // The Glibc module does not have pthread_setname_np. The name only helps people, so errors are ignored.
            if let file = fopen("/proc/thread-self/comm", "w") {
                fputs(name, file)
                fclose(file)
            }
            body()
        }
    }

    /// Wakes one thread when another is done. Without a free file descriptor the wait always lasts until the deadline.
    private final class Signal: Sendable {
        private let descriptors: (read: Int32, write: Int32)

        init() {
            var pair: [Int32] = [-1, -1]
            _ = pipe(&pair)
            descriptors = (pair[0], pair[1])
        }

        func post() {
            var byte: UInt8 = 1
            _ = write(descriptors.write, &byte, 1)
        }

        func wait(milliseconds: Int32) -> Bool {
            let deadline = ContinuousClock.now + .milliseconds(milliseconds)
            var state = pollfd(fd: descriptors.read, events: Int16(POLLIN), revents: 0)
            while true {
                let ready = poll(&state, 1, deadline.millisecondsLeft)
                if ready >= 0 || errno != EINTR { return ready > 0 }
            }
        }

        deinit {
            close(descriptors.read)
            close(descriptors.write)
        }
    }
}

extension ContinuousClock.Instant {
    /// Whole milliseconds until this instant; 0 if it has passed.
    package var millisecondsLeft: Int32 {
        let (seconds, attoseconds) = (self - .now).components
        return Int32(clamping: max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }
}
