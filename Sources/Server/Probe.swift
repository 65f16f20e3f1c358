/// Whether a part that the server needs answers, in time.
///
/// Anyone may ask, so that it is asked itself at most once a second, however many do.
actor Probe {
    private let ask: @Sendable () async -> Bool
    private var latest: (asked: ContinuousClock.Instant, answer: Task<Bool, Never>)?

    init(_ ask: @escaping @Sendable () async -> Bool) { self.ask = ask }

    func isUp() async -> Bool {
        if let latest, latest.asked.duration(to: .now) < .seconds(1) { return await latest.answer.value }
        let answer = Task { [ask] in await Self.answer(to: ask, within: .seconds(2)) }
        latest = (.now, answer)
        return await answer.value
    }

    /// A task group would wait for an answer that never comes.
    private static func answer(
        to ask: @escaping @Sendable () async -> Bool,
        within limit: Duration
    ) async -> Bool {
        let (answers, continuation) = AsyncStream.makeStream(of: Bool.self)
        let asking = Task { continuation.yield(await ask()) }
        let waiting = Task {
            try? await Task.sleep(for: limit)
            continuation.yield(false)
        }
        defer {
            asking.cancel()
            waiting.cancel()
        }
        return await answers.first { _ in true } ?? false
    }
}
