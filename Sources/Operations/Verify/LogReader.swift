internal import Concurrency
internal import Events
internal import Ledger
internal import Log

/// Reads the log for a fold, up to its cursors. Events beyond the cursors wait in the fold. If too many wait, they are
/// dropped and read again later.
final class LogReader {
    private let consumer: any BlockingLogConsumer
    private let decoder: EventDecoder
    private let topics: [Topic]
    private let places: [TopicPartition: Int]
    private let fold: LogFold
    private var isReading: Set<Int> = []
    /// By partition: the checksums that cursors hold, by the offset of the record.
    private var fingerprints: [[Int64: UInt32]]
    private var faults: [(TopicPartition, String)] = []

    /// The most events that may wait for their cursors.
    private static let waitingLimit = 20_000
    /// How long to wait for the next record before an error.
    private static let recordTimeout = Duration.seconds(60)

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

    /// Compares the last record of a cursor with the log when it is read; does nothing if it was read before.
    func expect(_ cursor: Cursor, of place: Int) {
        if cursor.last.offset >= fold.position(place) {
            fingerprints[place][cursor.last.offset] = cursor.last.checksum
        }
    }

    /// The problems with cursors since the last call.
    func takeFaults() -> [(TopicPartition, String)] {
        defer { faults = [] }
        return faults
    }

    /// Reads until the fold has reached its cursors.
    /// - Parameter progress: called after each record.
    func catchUp(unless stop: StopFlag, progress: () -> Void) throws {
        var behind = Set(fold.partitions.indices.filter(fold.needsMore))
        if behind.isEmpty { return }
        if !behind.isSubset(of: isReading) { try assign(Set(fold.partitions.indices)) }
        var latest = ContinuousClock.now
        var lastError: (any Error)?
        while !behind.isEmpty {
            if stop.isSet { throw CancellationError() }
            guard let event = try consumer.poll(timeoutMilliseconds: 100) else {
                if latest.duration(to: .now) > Self.recordTimeout { throw lastError ?? LogTimeout() }
                continue
            }
            switch event {
            case .record(let record):
                latest = .now
                guard let place = places[record.topicPartition] else { continue }
                try take(record, place)
                if !fold.needsMore(place) { behind.remove(place) }
                if fold.waitingCount > Self.waitingLimit { try dropWaiting(keeping: behind) }
                progress()
            case .caughtUp(let partition, let next):
                latest = .now
                guard let place = places[partition] else { continue }
                fold.passed(place, upTo: next)
                if fold.needsMore(place) { try compareEnd(place, partition) }
                if !fold.needsMore(place) { behind.remove(place) }
            case .stopped(let partition, let fault): throw LogStopped(partition: partition, fault: fault)
            case .failed(let error): throw error
            case .disconnected(let error): lastError = error
            case .assigned, .revoked: continue
            }
        }
    }

    private func take(_ record: LogRecord, _ place: Int) throws {
        if !fingerprints[place].isEmpty, let checksum = fingerprints[place].removeValue(forKey: record.offset),
            checksum != record.fingerprint.checksum
        {
            faults.append(
                (fold.partitions[place], "the record at offset \(record.offset) is not the one that was applied")
            )
        }
        // A record that cannot be decoded became a dead letter, so it has no effect here either.
        let event = try? decoder.decode(record, topic: topics[place])
        try fold.take(event, partition: place, offset: record.offset)
    }

    /// Called at an end of the log that is before the cursor: either the log has grown since, or it is now too short.
    private func compareEnd(_ place: Int, _ partition: TopicPartition) throws {
        let high = try consumer.watermarks(of: partition, timeoutMilliseconds: 10_000).high
        let end = fold.highestCursor(place)
        if high >= end { return }
        faults.append((fold.partitions[place], "the cursor is at \(end), but the log ends at \(high)"))
        fold.passed(place, upTo: end)
    }

    private func dropWaiting(keeping behind: Set<Int>) throws {
        for place in fold.partitions.indices where !behind.contains(place) { fold.forget(place) }
        try assign(behind)
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
    let description =
        "the log sent no records for a minute: check that the Kafka brokers run, and run this command again"
}
