internal import Concurrency

/// Checks passwords on separate threads, a few at a time: a check uses one core and 32 MiB for a fraction of a second,
/// and anyone can request one.
actor PasswordCheck {
    /// The most checks at the same time.
    private static let threads = 2
    /// The most checks that wait, of known people and of strangers: a few seconds of work each.
    private static let queueLimit = 32

    private let accounts: AccountDirectory
    private var running = 0
    private var known: [CheckedContinuation<Void, Never>] = []
    private var strangers: [CheckedContinuation<Void, Never>] = []

    init(_ accounts: AccountDirectory) { self.accounts = accounts }

    /// How many checks wait.
    var waiting: Int { known.count + strangers.count }

    /// Waits for a turn to check a password. ``account(_:_:)`` ends it.
    /// - Parameter isKnown: whether it is asked from where people signed in before. They go first, so that a flood of
    ///   wrong passwords from many addresses does not keep them out.
    /// - Throws: ``Problem/busySigningIn`` when too many checks wait.
    func begin(isKnown: Bool) async throws(Problem) {
        if running < Self.threads {
            running += 1
        } else if isKnown, known.count < Self.queueLimit {
            // A check that ends gives its thread to the first that waits.
            await withCheckedContinuation { known.append($0) }
        } else if !isKnown, strangers.count < Self.queueLimit {
            await withCheckedContinuation { strangers.append($0) }
        } else {
            throw .busySigningIn
        }
    }

    /// The account with this username and password; nil when they are wrong. The work is the same in every case. Call it
    /// once after ``begin(isKnown:)``.
    func account(_ username: String, _ password: String) async throws -> Account? {
        defer { end() }
        let accounts = await accounts.current()
        let account = accounts[username]
        let expected = account?.password ?? accounts.decoy
        let isMatch = try await BlockingThread.run("password") { expected.matches(password) }
        return isMatch ? account : nil
    }

    private func end() {
        if !known.isEmpty {
            known.removeFirst().resume()
        } else if !strangers.isEmpty {
            strangers.removeFirst().resume()
        } else {
            running -= 1
        }
    }
}
