import SalesRules
import Testing

@Suite("Versions and edits")
struct RecordVersionTests {
    private static func edit(_ edit: Int64, of number: Int64? = nil) -> RecordVersion {
        RecordVersion(number: number, edit: edit)!
    }

    /// From the lowest to the highest.
    private static let ascending: [RecordVersion] = [
        edit(1), edit(2), edit(.max), RecordVersion(.min), edit(.max, of: .min), -1, 0, edit(1, of: 0), 7,
        edit(1, of: 7), edit(2, of: 7), 8, RecordVersion(.max), edit(.max, of: .max),
    ]

    @Test("A number is above every edit of a lower number, and above edits without one")
    func order() {
        let none: RecordVersion? = nil
        for (place, version) in Self.ascending.enumerated() {
            let version = RecordVersion?(version)
            for (other, highest) in Self.ascending.enumerated() {
                #expect(version.isStale(after: highest) == (place <= other), "\(place) after \(highest)")
            }
            #expect(!none.isStale(after: version))
            #expect(!version.isStale(after: nil))
        }
    }

    @Test("Neither a number nor an edit is no version, and an edit of 0 is none")
    func none() {
        #expect(RecordVersion(number: nil, edit: 0) == nil)
        #expect(RecordVersion(number: 7, edit: -1) == nil)
        #expect(RecordVersion(number: 7, edit: 0) == 7)
        #expect(RecordVersion.edit(after: Self.edit(.max, of: 7)) == nil)
    }

    @Test("An event with an edit and no number is below every version, and an event with neither always applies")
    func applied() throws {
        var record = Versioned<Int>()
        func apply(_ value: Int?, _ version: RecordVersion?) -> Bool { record.apply(value, version: version) }
        #expect(apply(1, Self.edit(1)))
        #expect(!apply(2, Self.edit(1)))
        #expect(apply(3, nil))
        #expect(apply(4, Self.edit(2)))
        #expect(apply(5, 0))
        #expect(!apply(6, Self.edit(9)))
        #expect(apply(nil, Self.edit(1, of: 0)))
        #expect(!apply(7, 0))
        #expect(apply(8, nil))
        #expect(record == Versioned(8, version: Self.edit(1, of: 0)))
    }
}
