/// The parts of a Redis URL. Its errors never quote the URL: any part of it may be a password that was not escaped.
struct RedisURL {
    let scheme: String
    let query: [String: String]
    private let userInfo: Substring?
    private let authority: Substring
    private let path: Substring

    init(_ url: String) throws(RedisError) {
        guard let separator = url.firstRange(of: "://") else {
            throw .badURL("it must begin with redis://, rediss:// or unix://")
        }
        scheme = url[..<separator.lowerBound].lowercased()
        let rest = url[separator.upperBound...]
        let hierarchy = rest.prefix { $0 != "?" }
        if rest.contains("#") { throw .badURL("a # must be written %23") }
        query = try Self.parameters(rest[hierarchy.endIndex...].dropFirst())
        let authority = hierarchy.prefix { $0 != "/" }
        path = hierarchy[authority.endIndex...]
        if let at = authority.lastIndex(of: "@") {
            userInfo = authority[..<at]
            self.authority = authority[authority.index(after: at)...]
        } else {
            userInfo = nil
            self.authority = authority
        }
        if path.contains("@") { throw .badURL("a / in the user or the password must be written %2F") }
    }

    func host() throws(RedisError) -> String {
        if authority.contains(",") { throw .badURL("a Redis Cluster is not supported yet: give one host") }
        if authority.first == "[" {
            guard let end = authority.lastIndex(of: "]"), end > authority.index(after: authority.startIndex) else {
                throw .badURL("the bracket of the IPv6 address is not closed")
            }
            let address = authority[..<end].dropFirst()
            guard address.contains(":"), !address.contains("["), !address.contains("]") else {
                throw .badURL("the text in brackets must be an IPv6 address")
            }
            return String(address)
        }
        let host = authority.prefix { $0 != ":" }
        if host.isEmpty { throw .badURL("the host is missing") }
        return String(host)
    }

    func port() throws(RedisError) -> Int {
        let afterHost: Substring
        if authority.first == "[", let end = authority.lastIndex(of: "]") {
            afterHost = authority[authority.index(after: end)...]
        } else {
            afterHost = authority.drop { $0 != ":" }
        }
        if afterHost.isEmpty { return 6379 }
        guard afterHost.first == ":", let port = UInt16(afterHost.dropFirst()), port > 0 else {
            throw .badURL("the port must be a number from 1 to 65535, and an IPv6 address must be in brackets")
        }
        return Int(port)
    }

    func socketPath() throws(RedisError) -> String {
        guard authority.isEmpty, path.count > 1 else {
            throw .badURL("a Unix socket is given as unix:///path/to.sock, with three slashes")
        }
        let decoded = try Self.percentDecoded(path)
        // `sockaddr_un` has 108 bytes, with the NUL at the end.
        if decoded.utf8.count > 107 { throw .badURL("the path of a Unix socket may have at most 107 bytes") }
        return decoded
    }

    func credentials() throws(RedisError) -> (user: String?, password: Secret?) {
        guard let userInfo, !userInfo.isEmpty else { return (nil, nil) }
        guard let colon = userInfo.firstIndex(of: ":") else {
            throw .badURL("the password is missing: write user:password@ or :password@")
        }
        let user = try Self.percentDecoded(userInfo[..<colon])
        let password = try Self.percentDecoded(userInfo[userInfo.index(after: colon)...])
        if password.isEmpty { throw .badURL("the password is empty") }
        return (user.isEmpty ? nil : user, Secret(text: password))
    }

    func database() throws(RedisError) -> Int {
        let inPath = scheme == "unix" ? "" : path.dropFirst()
        if !inPath.isEmpty, query["db"] != nil { throw .badURL("the database is given twice") }
        let text = inPath.isEmpty ? query["db"] ?? "0" : String(inPath)
        guard let number = UInt16(text) else { throw .badURL("the database must be a number from 0 to 65535") }
        return Int(number)
    }

    private static func parameters(_ text: Substring) throws(RedisError) -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            guard name == "db" || name == "cacert" else { throw .badURL("the only parameters are db and cacert") }
            result[String(name)] = try percentDecoded(pair[name.endIndex...].dropFirst())
        }
        return result
    }

    private static func percentDecoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw .badURL("a % must be followed by two hexadecimal digits; the character itself is %25")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw .badURL("percent-encoded text must be UTF-8 without NUL")
        }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
