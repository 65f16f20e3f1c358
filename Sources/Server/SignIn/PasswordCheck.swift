internal import Concurrency

/// Checks passwords on separate threads, a few at a time: a check uses one core and 32 MiB for a fraction of a second,
/// and anyone can request one.
actor PasswordCheck {
    /// The most checks at the same time.
    private static let threads = 2
    /// The most checks that wait: a few seconds of work.
    private static let queueLimit = 32

    private let accounts: AccountDirectory
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ accounts: AccountDirectory) { self.accounts = accounts }

    /// The account with this username and password; nil when they are wrong. The work is the same in every case.
    /// - Throws: ``Problem/busySigningIn`` when too many checks wait.
    func account(_ username: String, _ password: String) async throws -> Account? {
        try await begin()
        defer { end() }
        let accounts = await accounts.current()
        let account = accounts[username]
        let expected = account?.password ?? accounts.decoy
        let isMatch = try await BlockingThread.run("password") { expected.matches(password) }
        return isMatch ? account : nil
    }

    private func begin() async throws(Problem) {
        if running < Self.threads {
            running += 1
        } else if waiting.count < Self.queueLimit {
            // A check that ends gives its thread to the first that waits.
            await withCheckedContinuation { waiting.append($0) }
        } else {
            throw .busySigningIn
        }
    }

    private func end() {
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
    }
}
