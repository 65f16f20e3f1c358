import Foundation
import LocalServers
import Redis
import RedisTesting
import Testing

@Suite("TLS connections to Redis", .timeLimit(.minutes(1)))
struct RedisTLSTests {
    @Test(
        "The connection is encrypted and the host is verified by name and by address",
        arguments: ["localhost", "127.0.0.1"]
    )
    func encrypted(host: String) async throws {
        try await withTLSRedis(certificateFor: "DNS:localhost,IP:127.0.0.1") { port, authority in
            let endpoint = try RedisEndpoint(url: "rediss://\(host):\(port)?cacert=\(authority)")
            let connection = try await RedisConnection.connect(to: endpoint)
            #expect(try await connection.send("PING").string == "PONG")
            await connection.close()
        }
    }

    @Test("A certificate of an untrusted authority is refused")
    func untrusted() async throws {
        try await withTLSRedis(certificateFor: "DNS:localhost") { port, _ in
            try await expectTLSFailure("rediss://localhost:\(port)")
        }
    }

    @Test("A certificate for another host is refused", arguments: ["localhost", "127.0.0.1"])
    func otherHost(host: String) async throws {
        try await withTLSRedis(certificateFor: "DNS:elsewhere.example") { port, authority in
            try await expectTLSFailure("rediss://\(host):\(port)?cacert=\(authority)")
        }
    }

    @Test("A missing file of trust roots gives an error that names TLS")
    func missingTrustRoots() async throws {
        try await expectTLSFailure("rediss://localhost:1?cacert=/nowhere/ca.pem")
    }

    @Test("An expired certificate is refused")
    func expired() async throws {
        try await withTLSRedis(certificateFor: "DNS:localhost", isExpired: true) { port, authority in
            try await expectTLSFailure("rediss://localhost:\(port)?cacert=\(authority)")
        }
    }

    private func expectTLSFailure(_ url: String) async throws {
        let endpoint = try RedisEndpoint(url: url)
        let error = await #expect(throws: RedisError.self) { try await RedisConnection.connect(to: endpoint) }
        guard case .notTrusted(let server, let cause)? = error else {
            Issue.record("\(String(describing: error)) instead of a server that is not trusted")
            return
        }
        #expect(server == "\(endpoint)" && error?.needsPerson == true)
        #expect(cause.contains("TLS") || cause.contains("SSL") || cause.contains("CERTIFICATE"), "\(cause)")
    }
}

/// Runs `body` with the port of a Redis with TLS, and the file of the authority that signed its certificate.
private func withTLSRedis(
    certificateFor names: String,
    isExpired: Bool = false,
    _ body: (Int, String) async throws -> Void
) async throws {
    try await withFolder { folder in
        try await makeCertificates(in: folder, names: names, isExpired: isExpired)
        let port = try freePort()
        let server = try await RedisServerProcess.start(
            folder: folder,
            configuration: [
                "--tls-port", String(port), "--bind", "127.0.0.1", "--tls-auth-clients", "no",
                "--tls-cert-file", "\(folder)/server.pem", "--tls-key-file", "\(folder)/server.key",
                "--tls-ca-cert-file", "\(folder)/ca.pem",
            ]
        )
        do {
            try await body(port, "\(folder)/ca.pem")
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

/// An authority, and a certificate for `names` that it signed.
private func makeCertificates(in folder: String, names: String, isExpired: Bool) async throws {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try "subjectAltName=\(names)\n".write(toFile: "\(folder)/names", atomically: true, encoding: .utf8)
    try await openssl(
        ["req", "-x509", "-subj", "/CN=Test authority", "-days", "2", "-keyout", "\(folder)/ca.key"]
            + ["-out", "\(folder)/ca.pem"] + key
    )
    try await openssl(
        ["req", "-subj", "/CN=Test server", "-keyout", "\(folder)/server.key", "-out", "\(folder)/server.csr"] + key
    )
    // Only `openssl ca` can make a certificate that has already expired.
    try """
    [ca]
    default_ca=authority
    [authority]
    database=\(folder)/issued
    new_certs_dir=\(folder)
    default_md=sha256
    policy=names
    rand_serial=yes
    [names]
    commonName=supplied
    """.write(toFile: "\(folder)/authority.conf", atomically: true, encoding: .utf8)
    try "".write(toFile: "\(folder)/issued", atomically: true, encoding: .utf8)
    try await openssl(
        ["ca", "-batch", "-notext", "-config", "\(folder)/authority.conf", "-in", "\(folder)/server.csr"]
            + ["-cert", "\(folder)/ca.pem", "-keyfile", "\(folder)/ca.key", "-extfile", "\(folder)/names"]
            + ["-startdate", "20200101000000Z", "-enddate", isExpired ? "20210101000000Z" : "20990101000000Z"]
            + ["-out", "\(folder)/server.pem"]
    )
}

private func openssl(_ arguments: [String]) async throws {
    let status = try await onThread {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
    try #require(status == 0, "openssl \(arguments) ended with \(status): apt-get install openssl")
}

/// A port that is free at the moment of the call.
private func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
        }
    }
    try #require(status == 0)
    return Int(UInt16(bigEndian: address.sin_port))
}
