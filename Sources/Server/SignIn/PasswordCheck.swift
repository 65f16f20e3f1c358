internal import Concurrency

/// Checks passwords, on threads of their own and few at once: each check takes a core and 32 MiB for a fraction of a
/// second, and anyone may ask for one.
actor PasswordCheck {
    /// The most that are under way, and the most that wait: a few seconds' work.
    private static let threads = 2
    private static let places = 32

    private let accounts: AccountDirectory
    private var underWay = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ accounts: AccountDirectory) { self.accounts = accounts }

    /// The account that this username and password are of; nil for wrong ones, after the same work whatever is wrong.
    /// - Throws: a problem when too many ask at once.
    func account(_ username: String, _ password: String) async throws -> Account? {
        try await begin()
        defer { end() }
        let accounts = await accounts.current()
        let account = accounts[username]
        let expected = account?.password ?? accounts.decoy
        let isRight = try await BlockingThread.run("password") { expected.matches(password) }
        return isRight ? account : nil
    }

    private func begin() async throws(Problem) {
        if underWay < Self.threads {
            underWay += 1
        } else if waiting.count < Self.places {
            // Whoever ends hands their thread over.
            await withCheckedContinuation { waiting.append($0) }
        } else {
            throw .busySigningIn
        }
    }

    private func end() {
        if waiting.isEmpty { underWay -= 1 } else { waiting.removeFirst().resume() }
    }
}
