import Foundation

/// Opens blocking connections to a port on this machine.
enum LocalSocket {
    /// Connects; tries again for up to 30 s until the server listens.
    static func connect(port: Int) throws -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if connected == 0 {
                var yes: Int32 = 1
                setsockopt(
                    descriptor,
                    Int32(IPPROTO_TCP),
                    TCP_NODELAY,
                    &yes,
                    socklen_t(MemoryLayout<Int32>.size)
                )
                return descriptor
            }
            close(descriptor)
            guard .now < deadline else { throw Cluster.Failure(description: "no server on port \(port) in 30 s") }
            usleep(50_000)
        }
    }
}
