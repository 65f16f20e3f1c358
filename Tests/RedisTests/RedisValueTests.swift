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

    @Test("A transaction whose EXEC is refused has the code of the reason")
    func discarded() {
        let reason = "READONLY You can't write against a read only replica."
        let error = RedisServerError("EXECABORT Transaction discarded because of: \(reason)")
        #expect(error.description == reason)
        #expect(error.code == "READONLY" && error.isTransient)
        let plain = RedisServerError("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec'")
        #expect(plain.code == "ERR" && plain.message == "wrong number of arguments for 'exec'")
        #expect(RedisServerError("EXECABORT Transaction discarded because of previous errors.").code == "EXECABORT")
    }

    @Test("Numbers are read only from integers and decimal text")
    func numbers() throws {
        #expect(RedisValue.integer(-7).int == -7)
        #expect(try RedisValue.bytes(Array("9223372036854775807".utf8)).requireInteger() == .max)
        #expect(RedisValue.bytes(Array("7 ".utf8)).int == nil)
        #expect(RedisValue.null.int == nil)
    }

    @Test("Bytes that are not UTF-8 are nil as a string, and an error when a string is required")
    func invalidText() {
        let value = RedisValue.bytes([0xff, 0xfe])
        #expect(value.string == nil)
        #expect(throws: RedisError.unexpectedReply("text was expected, not this bulk string")) {
            try value.requireString()
        }
    }

    @Test("Every required value of an error reply throws that error")
    func requiredOfError() {
        let value = RedisValue.error(RedisServerError("ERR no"))
        let error = RedisError.server(RedisServerError("ERR no"))
        #expect(throws: error) { try value.checked() }
        #expect(throws: error) { try value.requireInteger() }
        #expect(throws: error) { try value.requireBytes() }
        #expect(throws: error) { try value.requireArray() }
    }

    @Test("Only errors that may end without a change are transient")
    func transience() {
        #expect(RedisError.connectionFailed("").isTransient)
        #expect(RedisError.server(RedisServerError("LOADING Redis is loading")).isTransient)
        #expect(!RedisError.server(RedisServerError("WRONGPASS no")).isTransient)
        for line in ["NOREPLICAS Not enough good replicas to write.", "ERR max number of clients reached"] {
            #expect(
                RedisServerError(line).isTransient && !RedisError.server(RedisServerError(line)).needsPerson,
                "\(line)"
            )
        }
        for line in ["NOAUTH Authentication required.", "NOPERM no", "ERR DB index is out of range"] {
            let error = RedisError.server(RedisServerError(line))
            #expect(error.needsPerson && RedisServerError(line).remedy != nil, "\(line)")
        }
        #expect(!RedisError.badURL("").isTransient)
        #expect(!RedisError.cancelled.isTransient)
    }
}
