import Concurrency
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import Redis

@Suite("Opened channels")
struct OpenedChannelsTests {
    @Test("A channel that has closed before it was taken says why it closed")
    func closed() throws {
        let opened = OpenedChannels()
        let channel = EmbeddedChannel()
        try opened.addHandler(to: channel)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/redis.sock")).wait()
        channel.pipeline.fireErrorCaught(NIOSSLError.unableToValidateCertificate)
        channel.embeddedEventLoop.run()
        #expect(throws: ChannelPipelineError.notFound) {
            try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
        }

        let handler = try #require(opened.takeHandler(of: channel))
        var pipeline = RedisPipeline()
        pipeline.append(RedisCommand("PING"))
        let request = RedisChannelHandler.Request()
        handler.send(pipeline, timeout: .seconds(5), request: request)
        guard case .failure(.notTrusted)? = request.outcome else {
            Issue.record("\(String(describing: request.outcome)) instead of a server that is not trusted")
            return
        }
    }

    @Test("Each of the channels that were tried has its own handler")
    func each() throws {
        let opened = OpenedChannels()
        let channels = [EmbeddedChannel(), EmbeddedChannel()]
        for channel in channels { try opened.addHandler(to: channel) }
        let second = try channels[1].pipeline.syncOperations.handler(type: RedisChannelHandler.self)
        #expect(opened.takeHandler(of: channels[1]) === second)
        for channel in channels { _ = try channel.finish() }
    }
}
