import Foundation

/// Many open live feeds, read by one thread.
final class FeedViewers {
    fileprivate struct Viewer {
        /// The bytes after the last whole line.
        var rest: [UInt8] = []
        /// The number of orders in the newest event of the target that this viewer got.
        var shown = FeedTraffic.warmUp
    }

    private var sockets: [pollfd] = []
    private var viewers: [Viewer] = []
    private var chunk = [UInt8](repeating: 0, count: 256 << 10)

    /// Opens the feeds and waits for the first bytes of each.
    /// - Parameter tokens: of different people, each of whom gets some of the feeds.
    init(count: Int, port: Int, tokens: [String]) throws {
        for number in 0..<count {
            let token = tokens[number % tokens.count]
            let request = "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\r\n"
            let socket = try LocalSocket.connect(port: port)
            sockets.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0))
            viewers.append(Viewer())
            let bytes = Array(request.utf8)
            guard write(socket, bytes, bytes.count) == bytes.count else { throw Self.hungUp }
            let length = read(socket, &chunk, chunk.count)
            guard length > 12, String(decoding: chunk[..<12], as: UTF8.self) == "HTTP/1.1 200" else {
                throw Cluster.Failure(
                    description: "no feed: \(String(decoding: chunk[..<max(0, length)], as: UTF8.self))"
                )
            }
        }
    }

    deinit { for socket in sockets { close(socket.fd) } }

    /// Reads the feeds until each shows every order.
    /// - Returns: the milliseconds from publishing to showing, for each order and viewer.
    func watch(_ traffic: FeedTraffic) throws -> [Double] {
        var delays: [Double] = []
        delays.reserveCapacity(sockets.count * traffic.count)
        let last = FeedTraffic.warmUp + traffic.count
        let deadline = ContinuousClock.now + .seconds(300)
        while viewers.contains(where: { $0.shown < last }) {
            guard .now < deadline else { throw Cluster.Failure(description: "not all orders were shown in 300 s") }
            guard poll(&sockets, nfds_t(sockets.count), 1_000) > 0 else { continue }
            for index in sockets.indices where sockets[index].revents != 0 {
                let length = read(sockets[index].fd, &chunk, chunk.count)
                guard length > 0 else { throw Self.hungUp }
                let now = ContinuousClock.now
                let shown = viewers[index].take(chunk[..<length])
                while viewers[index].shown < shown {
                    viewers[index].shown += 1
                    delays.append(traffic.moment(viewers[index].shown).duration(to: now) / .milliseconds(1))
                }
            }
        }
        return delays
    }

    private static let hungUp = Cluster.Failure(description: "the server closed a feed")
}

extension FeedViewers.Viewer {
    /// Adds received bytes and reads the whole lines.
    /// - Returns: the number of orders in the newest event of the target; `shown` if there is none.
    fileprivate mutating func take(_ bytes: ArraySlice<UInt8>) -> Int {
        rest += bytes
        var newest = shown
        var used = 0
        rest.withUnsafeBytes { all in
            /// The next place of a byte. memchr is much faster than a loop in Swift here.
            func find(_ byte: UInt8, from place: Int) -> Int? {
                guard let start = all.baseAddress, place < all.count else { return nil }
                return memchr(start + place, Int32(byte), all.count - place).map { UnsafeRawPointer($0) - start }
            }
            while let end = find(UInt8(ascii: "\n"), from: used) {
                if all[used..<end].starts(with: Self.begin), let assignees = find(UInt8(ascii: "]"), from: used),
                    all[assignees..<end].starts(with: Self.result)
                {
                    let digits = all[(assignees + Self.result.count)..<end].prefix { $0 != UInt8(ascii: "\"") }
                    newest = max(newest, Int(String(decoding: digits, as: UTF8.self)) ?? 0)
                }
                used = end + 1
            }
        }
        rest.removeFirst(used)
        return newest
    }

    private static let begin = Array("data: {\"id\":\"\(FeedDelay.target)\",".utf8)
    private static let result = Array("],\"realized\":\"".utf8)
}
