import Simulation
import Testing

@Suite("Schedules of the posting protocol")
struct ScheduleTests {
    @Test("After any interleaving of steps and faults, the numbers equal the model's result for the log")
    func schedules() {
        for seed in UInt64(1)...150 {
            let differences = Schedule(seed: seed).run().differences
            #expect(differences.isEmpty, "seed \(seed)\n\(differences.joined(separator: "\n"))")
        }
    }
}
