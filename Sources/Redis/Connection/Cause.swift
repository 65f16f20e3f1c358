internal import NIOCore
internal import NIOPosix

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The text of an error for people. For a system error it is the system's text alone, because NIO adds the names of its
/// own functions.
func cause(of error: any Error) -> String {
    switch error {
    case let error as IOError: systemText(error.errnoCode)
    case let error as NIOConnectionError: cause(of: error)
    default: "\(error)"
    }
}

/// The system's text for an error number.
func systemText(_ number: Int32) -> String {
    String(cString: strerror(number))
}

/// The error of the first address that was tried, or of the name lookup.
private func cause(of error: NIOConnectionError) -> String {
    if let first = error.connectionErrors.first { return cause(of: first.error) }
    if let error = error.dnsAError ?? error.dnsAAAAError { return cause(of: error) }
    return "no address"
}
