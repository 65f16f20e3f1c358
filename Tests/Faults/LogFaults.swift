import Concurrency
import Foundation
import Kafka
import TestSupport

extension Fault {
    /// What strikes the log.
    static let log = [
        Fault(name: "log-restart", summary: "the broker is asked to end, and started again", place: .log) { strike in
            let broker = strike.testbed.broker
            // What it acknowledges after it has saved for the last time is lost.
            strike.testbed.noteShakenLog(isCut: true)
            try await BlockingThread.run("broker") { try broker.restart() }
        },
        Fault(name: "log-pause", summary: "the broker stands still for two to six seconds", place: .log) { strike in
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
