import NIOCore

extension Fault {
    /// The faults of the connections to Redis.
    static let connections = [
        Fault(
            name: "net-cut",
            summary: "all connections break in the middle of their data, three times",
            place: .connections
        ) { strike in
            for _ in 0..<3 {
                strike.testbed.proxy.cut(after: 0...8_000)
                try await strike.pause(milliseconds: 200...900)
            }
            strike.testbed.proxy.cut()
        },
        Fault(name: "net-refuse", summary: "new connections are refused for one to two seconds", place: .connections) {
            $0.testbed.proxy.change { $0.refuses = true }
            $0.testbed.proxy.cut()
            try await $0.pause(milliseconds: 1_000...2_000)
            $0.testbed.proxy.change { $0.refuses = false }
        },
        Fault(
            name: "net-delay",
            summary: "data is delayed by 50 to 200 ms in each direction, for a few seconds",
            place: .connections
        ) { strike in
            strike.testbed.proxy.change { $0.delay = 50...200 }
            try await strike.pause(milliseconds: 2_000...4_000)
            strike.testbed.proxy.change { $0.delay = nil }
        },
        Fault(
            name: "net-flap",
            summary: "every connection breaks after a few kilobytes, for a few seconds",
            place: .connections
        ) { strike in
            strike.testbed.proxy.change { $0.cutsAfter = 500...20_000 }
            strike.testbed.proxy.cut(after: 500...20_000)
            try await strike.pause(milliseconds: 2_000...4_000)
            strike.testbed.proxy.change { $0.cutsAfter = nil }
            // The connections that still have a limit break now.
            strike.testbed.proxy.cut()
        },
        Fault(
            name: "net-freeze",
            summary: "connections stay open but transfer nothing, for one to seven seconds",
            place: .connections
        ) { strike in
            let seconds = Int64.random(in: 1...7, using: &strike.random)
            strike.testbed.proxy.change { $0.frozenUntil = .now() + .seconds(seconds) }
            try await Task.sleep(for: .seconds(seconds))
            strike.testbed.proxy.change { $0.frozenUntil = nil }
        },
    ]
}
