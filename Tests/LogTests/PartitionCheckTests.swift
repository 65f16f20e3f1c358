import Log
import Testing

@Suite("What is read of a partition")
struct PartitionCheckTests {
    let last = Fingerprint(offset: 9, checksum: 7)
    let other = Fingerprint(offset: 9, checksum: 8)

    func check(next: Int64? = 10) -> PartitionCheck {
        PartitionCheck(next.map { .after(Cursor(next: $0, last: last)) } ?? .beginning)
    }

    @Test("begins at the last applied record, swallows it if it is the same, and delivers the next")
    func same() {
        var check = check()
        #expect(check.fetchOffset == 9)
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.read(offset: 10, fingerprint: unasked) == .deliver)
        #expect(check.next == 11)
    }

    @Test("ends at a record that is not the one applied")
    func replaced() {
        var check = check()
        #expect(check.read(offset: 9, fingerprint: { other }) == .stop(.replaced(offset: 9)))
        #expect(check.read(offset: 10, fingerprint: unasked) == .skip)
        #expect(check.reachedEnd(at: 11) == .skip)
    }

    @Test("goes on where the last applied record was compacted away")
    func compacted() {
        var check = check()
        #expect(check.read(offset: 12, fingerprint: unasked) == .deliver)
        #expect(check.next == 13)
    }

    @Test("delivers nothing before the offset to go on from")
    func skipsApplied() {
        var check = PartitionCheck(.offset(12))
        #expect(check.read(offset: 10, fingerprint: unasked) == .skip)
        #expect(check.read(offset: 12, fingerprint: unasked) == .deliver)
    }

    @Test("goes on behind markers that followed the last applied record")
    func markers() {
        var check = check(next: 12)
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 12) == .deliver)
        #expect(check.read(offset: 12, fingerprint: unasked) == .deliver)
    }

    @Test("halts at a record where markers were, however it is come upon", arguments: [true, false])
    func markersReplaced(lastIsThere: Bool) {
        var check = check(next: 12)
        if lastIsThere { #expect(check.read(offset: 9, fingerprint: { last }) == .skip) }
        #expect(check.read(offset: 11, fingerprint: unasked) == .stop(.replaced(offset: 11)))
    }

    @Test("halts where the log ends among the markers that were read, after a lost connection too")
    func markersCut() {
        var check = check()
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 12) == .deliver)
        check.checkAgain(last: nil)
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 11) == .stop(.beyondEnd(next: 12, high: 11)))
    }

    @Test("is everything, without a comparison, when nothing was applied")
    func beginning() {
        var check = PartitionCheck(.beginning)
        #expect(check.fetchOffset == nil)
        #expect(check.read(offset: 4, fingerprint: unasked) == .deliver)
    }

    @Test("goes on at the next record where retention took the last applied one only")
    func retention() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.read(offset: 10, fingerprint: unasked) == .skip)
        #expect(check.watermarks(Watermarks(low: 10, high: 10)) == nil)
        #expect(check.phase == .reading)
        #expect(check.fetchOffset == 10)
    }

    @Test("is compared after all if the broker has the last applied record again")
    func backInRange() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: 20)) == nil)
        #expect(check.phase == .comparing(last))
    }

    @Test("halts where records not read yet are deleted")
    func beginningDeleted() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 11, high: 30)) == .beginningDeleted(next: 10, low: 11))
        #expect(check.phase == .stopped)
    }

    @Test("halts where the log ends before what was read", arguments: [0, 8, 9] as [Int64])
    func beyondEnd(high: Int64) {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: high)) == .beyondEnd(next: 10, high: high))
        #expect(check.phase == .stopped)
    }

    @Test("halts where the log ends right at the last applied record")
    func endsAtLast() {
        var check = check()
        #expect(check.reachedEnd(at: 9) == .stop(.beyondEnd(next: 10, high: 9)))
    }

    @Test("is at its end when the end is the next offset")
    func end() {
        var check = check()
        #expect(check.reachedEnd(at: 10) == .deliver)
        #expect(check.phase == .reading)
    }

    @Test("is compared again with the last delivered record after the connection was lost")
    func reconnected() {
        var check = check()
        _ = check.read(offset: 9, fingerprint: { last })
        _ = check.read(offset: 10, fingerprint: unasked)
        let delivered = Fingerprint(offset: 10, checksum: 3)
        check.checkAgain(last: delivered)
        #expect(check.phase == .comparing(delivered))
        #expect(check.fetchOffset == 10)
        #expect(
            check.read(offset: 10, fingerprint: { Fingerprint(offset: 10, checksum: 4) })
                == .stop(.replaced(offset: 10))
        )
    }

    @Test("stays halted when the connection was lost and when the broker answers late")
    func staysHalted() {
        var check = check()
        check.stop()
        check.checkAgain(last: other)
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: 20)) == nil)
        #expect(check.phase == .stopped)
    }

    /// For places where no checksum may be computed.
    private func unasked() -> Fingerprint {
        Issue.record("a checksum was asked for")
        return last
    }
}
