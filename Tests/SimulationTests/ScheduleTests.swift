import Simulation
import Testing

@Suite("Schedules of the posting protocol")
struct ScheduleTests {
    @Test("Whatever is interleaved with whatever, the numbers are what the rules say of the log")
    func schedules() {
        for seed in UInt64(1)...150 {
            let differences = Schedule(seed: seed).play().differences
            #expect(differences.isEmpty, "seed \(seed)\n\(differences.joined(separator: "\n"))")
        }
    }
}
