internal import Concurrency
internal import Events
internal import Ledger
internal import Log

/// Reads the log for a fold, as far as its cursors go. What comes of other partitions meanwhile waits in the fold; when
/// that is too much, it is dropped and read again later.
final class LogReader {
    private let consumer: any BlockingLogConsumer
    private let decoder: EventDecoder
    private let topics: [Topic]
    private let places: [TopicPartition: Int]
    private let fold: LogFold
    private var isReading: Set<Int> = []
    /// By partition: the records whose checksums cursors name.
    private var fingerprints: [[Int64: UInt32]]
    private var faults: [(TopicPartition, String)] = []

    /// Events that may wait for their cursors.
    private static let waitingLimit = 20_000
    /// How long nothing may come before the log counts as gone.
    private static let patience = Duration.seconds(60)

    init(_ consumer: any BlockingLogConsumer, decoder: EventDecoder, topics: [String: Topic], fold: LogFold) {
        self.consumer = consumer
        self.decoder = decoder
        self.fold = fold
        self.topics = fold.partitions.map { topics[$0.topic] ?? .orders }
        places = Dictionary(
            uniqueKeysWithValues: fold.partitions.enumerated().map { ($0.element, $0.offset) }
        )
        fingerprints = Array(repeating: [:], count: fold.partitions.count)
    }

    /// Compares the record that a cursor names with the log, if it is still to be read.
    func expect(_ cursor: Cursor, of place: Int) {
        if cursor.last.offset >= fold.position(place) {
            fingerprints[place][cursor.last.offset] = cursor.last.checksum
        }
    }

    /// What is wrong with cursors, found since the last time it was asked for.
    func takeFaults() -> [(TopicPartition, String)] {
        defer { faults = [] }
        return faults
    }

    /// Reads until the fold is at its cursors.
    /// - Parameter progress: called after each record.
    func catchUp(unless stop: StopFlag, progress: () -> Void) throws {
        var short = Set(fold.partitions.indices.filter(fold.needsMore))
        if short.isEmpty { return }
        if !short.isSubset(of: isReading) { try assign(Set(fold.partitions.indices)) }
        var latest = ContinuousClock.now
        var trouble: (any Error)?
        while !short.isEmpty {
            if stop.isSet { throw CancellationError() }
            guard let event = try consumer.poll(timeoutMilliseconds: 100) else {
                if latest.duration(to: .now) > Self.patience { throw trouble ?? LogTimeout() }
                continue
            }
            switch event {
            case .record(let record):
                latest = .now
                guard let place = places[record.topicPartition] else { continue }
                try take(record, place)
                if !fold.needsMore(place) { short.remove(place) }
                if fold.waitingCount > Self.waitingLimit { try shed(keeping: short) }
                progress()
            case .caughtUp(let partition, let next):
                latest = .now
                guard let place = places[partition] else { continue }
                fold.passed(place, upTo: next)
                if fold.needsMore(place) { try compareEnd(place, partition) }
                if !fold.needsMore(place) { short.remove(place) }
            case .stopped(let partition, let fault): throw LogStopped(partition: partition, fault: fault)
            case .failed(let error): throw error
            case .disconnected(let error): trouble = error
            case .assigned, .revoked: continue
            }
        }
    }

    private func take(_ record: LogRecord, _ place: Int) throws {
        if !fingerprints[place].isEmpty, let checksum = fingerprints[place].removeValue(forKey: record.offset),
            checksum != record.fingerprint.checksum
        {
            faults.append((fold.partitions[place], "the record at \(record.offset) is not the one that was applied"))
        }
        // What the worker made a dead letter says nothing here either.
        let event = try? decoder.decode(record, topic: topics[place])
        try fold.take(event, partition: place, offset: record.offset)
    }

    /// The end was reached before the cursor: it was there before the cursor was read, or the log is shorter now.
    private func compareEnd(_ place: Int, _ partition: TopicPartition) throws {
        let high = try consumer.watermarks(of: partition, timeoutMilliseconds: 10_000).high
        let goal = fold.goal(place)
        if high >= goal { return }
        faults.append((fold.partitions[place], "it is at \(goal), and the log ends at \(high)"))
        fold.passed(place, upTo: goal)
    }

    private func shed(keeping short: Set<Int>) throws {
        for place in fold.partitions.indices where !short.contains(place) { fold.forget(place) }
        try assign(short)
    }

    private func assign(_ wanted: Set<Int>) throws {
        isReading = wanted
        var starts: [TopicPartition: StartPosition] = [:]
        for (partition, place) in places where wanted.contains(place) {
            let position = fold.position(place)
            starts[partition] = position == 0 ? .beginning : .offset(position)
        }
        try consumer.assign(starts)
    }
}

/// The log stopped sending records.
struct LogTimeout: Error, CustomStringConvertible {
    let description = "the log sent nothing for a minute: check that its brokers run, and run this again"
}
