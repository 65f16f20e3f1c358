internal import NIOCore
internal import NIOPosix
internal import NIOSSL

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

/// Why there can be no TLS with this server, and what to do; nil if the error may pass, as a connection that ended during
/// the handshake.
func tlsCause(of error: any Error) -> String? {
    switch error {
    case NIOSSLError.handshakeFailed(let error):
        let text = "\(error)"
        if text.contains("EOF during") { return nil }
        guard case .sslError = error else { return nil }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return
                "the TLS certificate of this Redis is not trusted (\(text)): see whether it has expired, whether it is "
                + "for this host, and whether cacert in the Redis URL names the authority that signed it"
        }
        return "the TLS handshake failed (\(text)): see whether this port of Redis speaks TLS, and whether it wants a "
            + "client certificate, which is not supported"
    case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate:
        return "the TLS certificate of this Redis is not trusted (\(error))"
    case let error as NIOSSLExtraError:
        return "the TLS certificate of this Redis is not for this host (\(error)): use a name that it is for"
    default: return nil
    }
}
