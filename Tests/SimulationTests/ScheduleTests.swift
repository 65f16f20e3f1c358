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

    @Test("A schedule is the same whenever it is played")
    func repeatable() {
        for seed in UInt64(1)...10 {
            let (first, second) = (Schedule(seed: seed).play(tells: true), Schedule(seed: seed).play(tells: true))
            #expect(first.steps == second.steps)
            #expect(first.story == second.story)
        }
    }
}
