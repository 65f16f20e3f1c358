import Foundation

/// How many files and connections this process may have open.
enum OpenFiles {
    /// Raises it to what the system allows: each live feed is a connection, and many systems begin at 1,024.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // Where it may not be raised, what there is has to do.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
