internal import Foundation

/// Changes an accounts file atomically: readers always find a complete file, also after a crash.
package struct AccountsFile: Sendable {
    private let path: String

    /// The accounts file at this path, which need not exist yet.
    package init(path: String) { self.path = path }

    /// The accounts in the file; none when it does not exist.
    /// - Throws: ``FileError``.
    package func accounts() throws -> Accounts {
        guard FileManager.default.fileExists(atPath: path) else { return Accounts() }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FileError(description: "\(path) cannot be read")
        }
        do {
            return try Accounts(json: Array(data))
        } catch {
            throw FileError(description: "\(path): \(error)")
        }
    }

    /// Applies `change` to the accounts and replaces the file; blocks.
    ///
    /// The new file is first written as `<path>.new`, which must not exist: so only one change runs at a time.
    /// - Throws: ``FileError``, or the error of `change`, which leaves the file unchanged.
    package func update(_ change: (inout Accounts) throws -> Void) throws {
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? FileError(description: "\(draft) exists: wait for the other change; delete it if none is running")
                : Self.failure("\(draft) cannot be created")
        }
        var isRenamed = false
        defer {
            close(descriptor)
            if !isRenamed { unlink(draft) }
        }
        var accounts = try accounts()
        try change(&accounts)
        keepOwner(of: descriptor)
        try Self.write(Array(try accounts.json), to: descriptor)
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw Self.failure("\(path) cannot be written") }
        isRenamed = true
        try syncFolder()
    }

    private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    /// Gives the new file the owner of the old one, or else of the folder: when root changes the accounts, the server's
    /// user must still be able to read them. Users other than root cannot change owners; for them this does nothing.
    private func keepOwner(of descriptor: Int32) {
        for path in [path, folder] {
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
                let owner = attributes[.ownerAccountID] as? UInt32,
                let group = attributes[.groupOwnerAccountID] as? UInt32
            else { continue }
            _ = fchown(descriptor, owner, group)
            return
        }
    }

    private func syncFolder() throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("\(folder) cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("\(folder) cannot be written") }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else {
                if errno == EINTR { continue }
                throw failure("the accounts cannot be written")
            }
            rest = rest.dropFirst(written)
        }
    }

    private static func failure(_ what: String) -> FileError {
        FileError(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
