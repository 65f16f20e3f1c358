import Concurrency
import Foundation
import Kafka
import TestSupport

extension Fault {
    /// The faults of the log.
    static let log = [
        Fault(name: "log-restart", summary: "the broker is stopped and started again", place: .log) { strike in
            let broker = strike.testbed.broker
            // Records that it acknowledges after its last save are lost.
            strike.testbed.noteShakenLog(isCut: true)
            try await BlockingThread.run("broker") { try broker.restart() }
        },
        Fault(name: "log-pause", summary: "the broker is suspended for two to six seconds", place: .log) { strike in
            let broker = strike.testbed.broker
            strike.testbed.noteShakenLog()
            broker.kill(SIGSTOP)
            try await strike.pause(milliseconds: 2_000...6_000)
            broker.kill(SIGCONT)
        },
        Fault(
            name: "log-kill",
            summary: "the broker is killed, and the log loses its last second",
            place: .log
        ) { strike in
            let broker = strike.testbed.broker
            strike.testbed.noteShakenLog(isCut: true)
            try await BlockingThread.run("broker") { broker.kill(SIGKILL) }
            try await strike.pause(milliseconds: 0...500)
            try await BlockingThread.run("broker") { try broker.restart() }
        },
    ]
}
