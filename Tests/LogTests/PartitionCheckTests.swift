import Log
import Testing

@Suite("Check of the records of a partition")
struct PartitionCheckTests {
    let last = Fingerprint(offset: 9, checksum: 7)
    let other = Fingerprint(offset: 9, checksum: 8)

    func check(next: Int64? = 10) -> PartitionCheck {
        PartitionCheck(next.map { .after(Cursor(next: $0, last: last)) } ?? .beginning)
    }

    @Test("Reading begins at the last applied record, skips it if it is the same, and delivers the next")
    func same() {
        var check = check()
        #expect(check.fetchOffset == 9)
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.read(offset: 10, fingerprint: unasked) == .deliver)
        #expect(check.next == 11)
    }

    @Test("A different record at the last applied offset stops the partition")
    func replaced() {
        var check = check()
        #expect(check.read(offset: 9, fingerprint: { other }) == .stop(.replaced(offset: 9)))
        #expect(check.read(offset: 10, fingerprint: unasked) == .skip)
        #expect(check.reachedEnd(at: 11) == .skip)
    }

    @Test("Reading continues when the last applied record was compacted away")
    func compacted() {
        var check = check()
        #expect(check.read(offset: 12, fingerprint: unasked) == .deliver)
        #expect(check.next == 13)
    }

    @Test("Records before the start offset are skipped")
    func skipsApplied() {
        var check = PartitionCheck(.offset(12))
        #expect(check.read(offset: 10, fingerprint: unasked) == .skip)
        #expect(check.read(offset: 12, fingerprint: unasked) == .deliver)
    }

    @Test("Reading continues after transaction markers that followed the last applied record")
    func markers() {
        var check = check(next: 12)
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 12) == .deliver)
        #expect(check.read(offset: 12, fingerprint: unasked) == .deliver)
    }

    @Test("A record at the offset of a marker stops the partition", arguments: [true, false])
    func markersReplaced(lastIsThere: Bool) {
        var check = check(next: 12)
        if lastIsThere { #expect(check.read(offset: 9, fingerprint: { last }) == .skip) }
        #expect(check.read(offset: 11, fingerprint: unasked) == .stop(.replaced(offset: 11)))
    }

    @Test("A log that ends before markers that were read stops the partition, also after a lost connection")
    func markersCut() {
        var check = check()
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 12) == .deliver)
        check.checkAgain(last: nil)
        #expect(check.read(offset: 9, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 11) == .stop(.beyondEnd(next: 12, high: 11)))
    }

    @Test("When nothing was applied, everything is delivered without a comparison")
    func beginning() {
        var check = PartitionCheck(.beginning)
        #expect(check.fetchOffset == nil)
        #expect(check.read(offset: 4, fingerprint: unasked) == .deliver)
    }

    @Test("Reading continues at the next record when retention deleted only applied records")
    func retention() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.read(offset: 10, fingerprint: unasked) == .skip)
        #expect(check.watermarks(Watermarks(low: 10, high: 10)) == nil)
        #expect(check.phase == .reading)
        #expect(check.fetchOffset == 10)
    }

    @Test("The last applied record is compared if the broker has it again")
    func backInRange() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: 20)) == nil)
        #expect(check.phase == .comparing(last))
    }

    @Test("Deleted records that were not read stop the partition")
    func beginningDeleted() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 11, high: 30)) == .beginningDeleted(next: 10, low: 11))
        #expect(check.phase == .stopped)
    }

    @Test("A log that ends before the cursor stops the partition", arguments: [0, 8, 9] as [Int64])
    func beyondEnd(high: Int64) {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: high)) == .beyondEnd(next: 10, high: high))
        #expect(check.phase == .stopped)
    }

    @Test("A log that ends at the last applied record stops the partition")
    func endsAtLast() {
        var check = check()
        #expect(check.reachedEnd(at: 9) == .stop(.beyondEnd(next: 10, high: 9)))
    }

    @Test("The partition is at its end when the end is the next offset")
    func end() {
        var check = check()
        #expect(check.reachedEnd(at: 10) == .deliver)
        #expect(check.phase == .reading)
    }

    @Test("After a lost connection, the last delivered record is compared again")
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

    @Test("A stopped partition stays stopped after a lost connection and a late answer of the broker")
    func staysStopped() {
        var check = check()
        check.stop()
        check.checkAgain(last: other)
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: 20)) == nil)
        #expect(check.phase == .stopped)
    }

    /// Fails the test: no checksum may be computed here.
    private func unasked() -> Fingerprint {
        Issue.record("a checksum was computed")
        return last
    }
}
