internal import Concurrency
internal import Foundation
internal import Logging

/// Why a file cannot be used.
package struct FileError: Error, CustomStringConvertible {
    /// For the operator.
    package let description: String
}

/// The value in a file, which is read again when the file changes. A broken or missing file is logged once, and the
/// last value stays in use.
actor ReloadingFile<Value: Sendable> {
    private let path: String
    private let checkInterval: Duration
    private let logger: Logger
    private let read: @Sendable ([UInt8], Value?) async throws -> Value
    private var value: Value
    private var stamp: FileStamp?
    private var lastCheck = ContinuousClock.now
    private var isChecking = false

    /// - Parameters:
    ///   - absent: the value until the file exists; nil when the file must exist.
    ///   - checkInterval: the shortest time between two checks of the file.
    ///   - read: reads the file's content; the second argument is the value before, nil at the start.
    /// - Throws: ``FileError`` when the file cannot be read, and what `read` throws.
    init(
        path: String,
        absent: Value? = nil,
        checkInterval: Duration,
        logger: Logger,
        read: @escaping @Sendable ([UInt8], Value?) async throws -> Value
    ) async throws {
        self.path = path
        self.checkInterval = checkInterval
        self.logger = logger
        self.read = read
        let isNeeded = absent == nil
        let (stamp, bytes) = try await BlockingThread.run("read file") {
            let stamp = FileStamp(path: path)
            return (stamp, stamp == nil && !isNeeded ? nil : try FileStamp.bytes(of: path))
        }
        self.stamp = stamp
        if let absent, bytes == nil {
            value = absent
            logger.warning("the file does not exist yet", metadata: ["file": "\(path)"])
        } else {
            value = try await read(bytes ?? [], nil)
        }
    }

    /// The value in the file, or its last usable one.
    func current() async -> Value {
        guard !isChecking, lastCheck.duration(to: .now) >= checkInterval else { return value }
        isChecking = true
        defer {
            isChecking = false
            lastCheck = .now
        }
        let (path, known) = (path, stamp)
        let found = try? await BlockingThread.run("check file") {
            let stamp = FileStamp(path: path)
            return (stamp: stamp, bytes: stamp == known ? nil : Result { try FileStamp.bytes(of: path) })
        }
        guard let found, let bytes = found.bytes else { return value }
        stamp = found.stamp
        do {
            value = try await read(try bytes.get(), value)
            logger.info("the file has changed and was read again", metadata: ["file": "\(path)"])
        } catch {
            logger.error(
                "the file cannot be used; its last usable content stays in use",
                metadata: ["file": "\(path)", "error": "\(error)"]
            )
        }
        return value
    }
}

/// Identifies one version of a file.
private struct FileStamp: Equatable, Sendable {
    private let number: Int?
    private let size: Int?
    private let modified: Date?

    /// Nil when there is no such file.
    init?(path: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        number = attributes[.systemFileNumber] as? Int
        size = attributes[.size] as? Int
        modified = attributes[.modificationDate] as? Date
    }

    static func bytes(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FileError(description: "it cannot be read")
        }
        guard data.count <= 16 << 20 else { throw FileError(description: "it is larger than 16 MiB") }
        return Array(data)
    }
}
