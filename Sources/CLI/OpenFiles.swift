import Foundation

/// How many files and connections this process may have open.
enum OpenFiles {
    /// Raises the soft limit to the hard limit: each live feed is a connection, and many systems start at 1,024.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // If this fails, the process runs with the limit it has.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
