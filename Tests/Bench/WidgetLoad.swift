import Foundation

/// Measures with wrk how many widget requests a second the server answers over kept-alive connections, and how fast.
struct WidgetLoad {
    let program: URL
    let orders: Int
    let people: Int
    let partitions: Int32
    let connections: Int
    let seconds: Int

    func measure() async throws -> String {
        try await Cluster.run(program, partitions: partitions) { try await measure($0) }
    }

    private func measure(_ cluster: Cluster) async throws -> String {
        try cluster.run("load", "--orders", "\(orders)", "--people", "\(people)", "--seed", "1")
        try cluster.run("worker", "--until-caught-up", "--log-level", "warning")
        let (port, _) = try cluster.serve()
        let token = try await Cluster.token()
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        let path = "/api/v1/widget?year=\(year)&salesperson=u-1&measure=revenue"
        // Waits until the server accepts connections.
        _ = try HTTPProbe(port: port, path: path, token: token)
        let report = try wrk("http://127.0.0.1:\(port)\(path)", token: token)
        return """
            widget over \(connections) kept-alive connections: \(try value("Requests/sec:", in: report)) requests/s, \
            p50 \(try value("50%", in: report)), p99 \(try value("99%", in: report))
            """
    }

    private func wrk(_ url: String, token: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "wrk", "--threads", "1", "--connections", "\(connections)", "--duration", "\(seconds)s", "--latency",
            "--header", "Authorization: Bearer \(token)", url,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let report = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, !report.contains("Non-2xx") else {
            throw Cluster.Failure(description: "wrk (apt-get install wrk) failed: \(report)")
        }
        return report
    }

    /// The value after a word in the report of wrk.
    private func value(_ word: String, in report: String) throws -> Substring {
        for line in report.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == word { return words[1] }
        }
        throw Cluster.Failure(description: "wrk's report has no \(word): \(report)")
    }
}
