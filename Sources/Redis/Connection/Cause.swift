internal import NIOCore
internal import NIOPosix

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What went wrong, in the words of the system where it is an error of the system: NIO puts its own function's name
/// around them.
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

/// The first thing that went wrong with the first address, or with finding one.
private func cause(of error: NIOConnectionError) -> String {
    if let first = error.connectionErrors.first { return cause(of: first.error) }
    if let error = error.dnsAError ?? error.dnsAAAAError { return cause(of: error) }
    return "no address"
}
