import Log
import Testing

@Suite("The earlier records of a cursor")
struct CursorTests {
    @Test("They are few, in order, and at distances that grow", arguments: [1, 7, 250] as [Int64])
    func growing(step: Int64) {
        var cursor = Cursor(next: 1, last: Fingerprint(offset: 0, checksum: 0), newest: -1)
        for count in 1...20_000 as ClosedRange<Int64> {
            let offset = count * step
            cursor = cursor.moved(
                to: offset + 1,
                last: Fingerprint(offset: offset, checksum: UInt32(offset)),
                newest: count
            )
            let offsets = ([cursor.last] + cursor.earlier).map(\.offset)
            #expect(offsets == offsets.sorted(by: >) && Set(offsets).count == offsets.count)
            #expect(cursor.earlier.count <= Cursor.maximumEarlier)
            #expect(cursor.earlier.allSatisfy { $0.checksum == UInt32($0.offset) })
        }
        #expect(cursor.newest == 20_000)
        let distances = cursor.earlier.map { cursor.last.offset - $0.offset }
        #expect(distances.count >= 3)
        #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 < $1 })
        #expect((distances.last ?? 0) >= 4_096)
    }

    @Test("They stay where only the next offset moves")
    func markers() {
        let earlier = [Fingerprint(offset: 2, checksum: 3)]
        let cursor = Cursor(next: 5, last: Fingerprint(offset: 4, checksum: 1), newest: 9, earlier: earlier)
        let moved = cursor.moved(to: 7, last: cursor.last, newest: -1)
        #expect(moved == Cursor(next: 7, last: cursor.last, newest: 9, earlier: earlier))
    }

    @Test("Whether timestamps are known depends on whether all records were read")
    func timestamps() {
        let last = Fingerprint(offset: 4, checksum: 1)
        #expect(StartPosition.offset(0).moved(to: 5, last: last, newest: 8).newest == 8)
        #expect(StartPosition.offset(3).moved(to: 5, last: last, newest: 8).newest == nil)
        #expect(StartPosition.beginning.moved(to: 5, last: last, newest: 8).newest == nil)
    }
}
