import Redis

/// A pipeline of commands, each written as in redis-cli with spaces between the words.
func pipeline(_ lines: String...) -> RedisPipeline { pipeline(lines) }

func pipeline(_ lines: [String]) -> RedisPipeline {
    var pipeline = RedisPipeline()
    for line in lines {
        let words = line.split(separator: " ")
        var command = RedisCommand(String(words[0]))
        for word in words.dropFirst() { command.append(String(word)) }
        pipeline.append(command)
    }
    return pipeline
}
