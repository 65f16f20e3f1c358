import Redis
import Testing

@Suite("Redis values")
struct RedisValueTests {
    @Test("An error line is split into its code and its message")
    func errorLine() {
        let error = RedisServerError("WRONGTYPE Operation against a key")
        #expect(error.code == "WRONGTYPE")
        #expect(error.message == "Operation against a key")
        #expect(RedisServerError("EXECABORT").code == "EXECABORT")
        #expect(RedisServerError("EXECABORT").message == "")
    }

    @Test("Numbers are read from integers and from decimal text, and from nothing else")
    func numbers() throws {
        #expect(RedisValue.integer(-7).int == -7)
        #expect(try RedisValue.bytes(Array("9223372036854775807".utf8)).requireInteger() == .max)
        #expect(RedisValue.bytes(Array("7 ".utf8)).int == nil)
        #expect(RedisValue.null.int == nil)
    }

    @Test("Text that is not UTF-8 is nil as a string and an unexpected reply where text is required")
    func invalidText() {
        let value = RedisValue.bytes([0xff, 0xfe])
        #expect(value.string == nil)
        #expect(throws: RedisError.unexpectedReply("text was expected, not this bulk string")) {
            try value.requireString()
        }
    }

    @Test("Whatever is required of an error of Redis, that error is thrown")
    func requiredOfError() {
        let value = RedisValue.error(RedisServerError("ERR no"))
        let error = RedisError.server(RedisServerError("ERR no"))
        #expect(throws: error) { try value.checked() }
        #expect(throws: error) { try value.requireInteger() }
        #expect(throws: error) { try value.requireBytes() }
        #expect(throws: error) { try value.requireArray() }
    }

    @Test("Only what may pass by itself is transient")
    func transience() {
        #expect(RedisError.connectionFailed("").isTransient)
        #expect(RedisError.server(RedisServerError("LOADING Redis is loading")).isTransient)
        #expect(!RedisError.server(RedisServerError("WRONGPASS no")).isTransient)
        #expect(!RedisError.badURL("").isTransient)
        #expect(!RedisError.cancelled.isTransient)
    }
}
