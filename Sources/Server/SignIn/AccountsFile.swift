internal import Foundation

/// Changes an accounts file so that whoever reads it, at any moment and after any crash, finds it whole.
package struct AccountsFile: Sendable {
    private let path: String

    /// The accounts file at this path, which need not be there yet.
    package init(path: String) { self.path = path }

    /// The accounts in the file.
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

    /// Replaces the accounts by what `change` makes of them; blocks.
    ///
    /// The new file is written beside the old one, under a name that only one can have: so nobody changes it meanwhile.
    /// - Throws: ``FileError``, and what `change` throws: then the file stays as it was.
    package func update(_ change: (inout Accounts) throws -> Void) throws {
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? FileError(description: "\(draft) is there: another change is under way; delete it if one was cut off")
                : Self.failure("\(draft) cannot be made")
        }
        var isInPlace = false
        defer {
            close(descriptor)
            if !isInPlace { unlink(draft) }
        }
        var accounts = try accounts()
        try change(&accounts)
        keepOwner(of: descriptor)
        try Self.write(Array(try accounts.json), to: descriptor)
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw Self.failure("\(path) cannot be written") }
        isInPlace = true
        try syncFolder()
    }

    private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    /// Root may change the accounts of a server that runs as somebody else, who has to be able to read them: whoever has
    /// the file, or else its folder. Nobody but root can give files away, so that a refusal changes nothing.
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
