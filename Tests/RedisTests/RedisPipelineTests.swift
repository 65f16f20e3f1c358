import NIOCore
import Testing

@testable import Redis

@Suite("Encoding of commands")
struct RedisPipelineTests {
    private func text(_ pipeline: RedisPipeline) -> String {
        String(decoding: pipeline.buffer.readableBytesView, as: UTF8.self)
    }

    @Test("A command is written as an array of bulk strings")
    func oneCommand() {
        #expect(text(RedisPipeline(RedisCommand("GET", "ä"))) == "*2\r\n$3\r\nGET\r\n$2\r\nä\r\n")
    }

    @Test("Arguments may be empty, binary, slices and numbers")
    func arguments() {
        var command = RedisCommand("X")
        command.append("")
        command.append([0, 13, 10] as [UInt8])
        command.append(([1, 2, 3, 4] as [UInt8])[1..<3])
        command.append(Int64.min)
        command.append(42)
        #expect(command.argumentCount == 6)
        let expected =
            Array("*6\r\n$1\r\nX\r\n$0\r\n\r\n$3\r\n".utf8) + [0, 13, 10] + Array("\r\n$2\r\n".utf8) + [2, 3]
            + Array("\r\n$20\r\n-9223372036854775808\r\n$2\r\n42\r\n".utf8)
        #expect(Array(RedisPipeline(command).buffer.readableBytesView) == expected)
    }

    @Test(
        "The length of an argument is right however long it is",
        arguments: [0, 1, 9, 10, 99, 100, 999, 1_000, 123_456]
    )
    func lengths(length: Int) {
        let text = String(repeating: "x", count: length)
        let expected = "*3\r\n$1\r\nX\r\n$\(length)\r\n\(text)\r\n$1\r\n7\r\n"
        var command = RedisCommand("X")
        command.append(text)
        command.append(7)
        #expect(self.text(RedisPipeline(command)) == expected)
        command.restart("X")
        command.appendArgument { $0.append(contentsOf: text.utf8) }
        command.append(7)
        #expect(self.text(RedisPipeline(command)) == expected)
        #expect(self.text(RedisPipeline(command.renamed("Y"))) == expected.replacing("X", with: "Y"))
    }

    @Test("Numbers are written in decimal", arguments: [0, 9, 10, -1, -10, 1_234_567_890, .max, .min] as [Int64])
    func numbers(number: Int64) {
        var command = RedisCommand("X")
        command.append(number)
        #expect(text(RedisPipeline(command)) == "*2\r\n$1\r\nX\r\n$\("\(number)".count)\r\n\(number)\r\n")
    }

    @Test("A pipeline counts its commands and bytes, and another pipeline can be appended")
    func appending() {
        var pipeline = RedisPipeline()
        #expect(pipeline.isEmpty)
        pipeline.append(RedisCommand("A"))
        var other = RedisPipeline(RedisCommand("B"), RedisCommand("C"))
        pipeline.append(contentsOf: other)
        other.append(RedisCommand("D"))
        #expect(pipeline.count == 3)
        #expect(pipeline.byteCount == 33)
        #expect(text(pipeline) == "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n*1\r\n$1\r\nC\r\n")
    }
}
