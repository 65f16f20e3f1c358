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
        #expect(check.read(offset: 9, timestamp: -1, fingerprint: { last }) == .skip)
        #expect(check.read(offset: 10, timestamp: -1, fingerprint: unasked) == .deliver)
        #expect(check.next == 11)
    }

    @Test("A different record at the last applied offset stops the partition")
    func replaced() {
        var check = check()
        #expect(check.read(offset: 9, timestamp: -1, fingerprint: { other }) == .stop(.replaced(offset: 9)))
        #expect(check.read(offset: 10, timestamp: -1, fingerprint: unasked) == .skip)
        #expect(check.reachedEnd(at: 11) == .skip)
    }

    /// A shard has applied the records up to offset 12 too, of which the first and the last are known.
    private let ahead = Cursor(
        next: 13,
        last: Fingerprint(offset: 12, checksum: 5),
        newest: 1_000,
        earlier: [Fingerprint(offset: 10, checksum: 4)]
    )

    private func starts() -> [PartitionCheck] {
        [.after(Cursor(next: 10, last: last), ahead: [ahead]), .offset(10, ahead: [ahead])].map { PartitionCheck($0) }
    }

    @Test("Records that a shard ahead has applied are compared with its cursor and delivered")
    func sameAsAhead() {
        for var check in starts() {
            if check.fetchOffset == 9 { #expect(check.read(offset: 9, timestamp: 0, fingerprint: { last }) == .skip) }
            #expect(check.read(offset: 10, timestamp: 900, fingerprint: { ahead.earlier[0] }) == .deliver)
            #expect(check.read(offset: 11, timestamp: 1_000, fingerprint: unasked) == .deliver)
            #expect(check.read(offset: 12, timestamp: 900, fingerprint: { ahead.last }) == .deliver)
            #expect(check.read(offset: 13, timestamp: 2_000, fingerprint: unasked) == .deliver)
            #expect(check.reachedEnd(at: 14) == .deliver)
        }
    }

    @Test(
        "A record that a shard ahead cannot have applied stops the partition",
        arguments: [(10, 900), (11, 1_001), (12, 900)] as [(Int64, Int64)]
    )
    func otherThanAhead(offset: Int64, timestamp: Int64) {
        for var check in starts() {
            if check.fetchOffset == 9 { _ = check.read(offset: 9, timestamp: 0, fingerprint: { last }) }
            let verdict = check.read(offset: offset, timestamp: timestamp) { Fingerprint(offset: offset, checksum: 99) }
            #expect(verdict == .stop(.replaced(offset: offset)))
            #expect(check.read(offset: 13, timestamp: 2_000, fingerprint: unasked) == .skip)
        }
    }

    @Test("A log that ends before the cursor of a shard is read on, and what is written there then is compared")
    func endsBeforeAhead() {
        for var check in starts() {
            if check.fetchOffset == 9 { _ = check.read(offset: 9, timestamp: 0, fingerprint: { last }) }
            #expect(check.read(offset: 10, timestamp: 900, fingerprint: { ahead.earlier[0] }) == .deliver)
            #expect(check.reachedEnd(at: 11) == .deliver)
            #expect(check.read(offset: 11, timestamp: 1_001, fingerprint: unasked) == .stop(.replaced(offset: 11)))
        }
    }

    @Test("A log whose watermarks are before the cursor of a shard stops the partition")
    func watermarksBeforeAhead() {
        var check = PartitionCheck(.offset(10, ahead: [ahead]))
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 0, high: 10)) == .beyondEnd(next: 13, high: 10))
    }

    /// A check whose last applied record is compacted away: a later one is read first.
    private func compacted(newest: Int64? = 1_000, earlier: [Fingerprint] = []) -> PartitionCheck {
        var check = PartitionCheck(.after(Cursor(next: 10, last: last, newest: newest, earlier: earlier)))
        #expect(check.read(offset: 12, timestamp: 2_000, fingerprint: unasked) == .again)
        return check
    }

    @Test("When the last applied record was compacted away, reading continues after the records before it are searched")
    func searched() {
        var check = compacted()
        #expect(check.fetchOffset == 0)
        #expect(check.read(offset: 3, timestamp: 1_000, fingerprint: unasked) == .skip)
        #expect(check.fetchOffset == 4)
        #expect(check.read(offset: 12, timestamp: 2_000, fingerprint: unasked) == .deliver)
        #expect(check.next == 13)
    }

    @Test("A record before the cursor that is newer than all that were applied stops the partition")
    func createdAgain() {
        var check = compacted()
        #expect(check.read(offset: 3, timestamp: 1_001, fingerprint: unasked) == .stop(.replaced(offset: 3)))
    }

    @Test("Records count as applied, whatever their timestamps, where the highest that was applied is not known")
    func unknownTimestamps() {
        var check = compacted(newest: nil)
        #expect(check.read(offset: 3, timestamp: 1_001, fingerprint: unasked) == .skip)
        #expect(check.read(offset: 12, timestamp: 2_000, fingerprint: unasked) == .deliver)
    }

    @Test("A different record at the offset of an earlier fingerprint stops the partition", arguments: [true, false])
    func earlierReplaced(isSame: Bool) {
        let known = Fingerprint(offset: 5, checksum: 3)
        let found = Fingerprint(offset: 5, checksum: isSame ? 3 : 4)
        var check = compacted(earlier: [Fingerprint(offset: 7, checksum: 1), known])
        #expect(check.fetchOffset == 5)
        let verdict = check.read(offset: 5, timestamp: 1_000, fingerprint: { found })
        #expect(verdict == (isSame ? .skip : .stop(.replaced(offset: 5))))
    }

    @Test("The log is searched too when its end comes in place of the last applied record")
    func searchedAtEnd() {
        var check = check()
        #expect(check.reachedEnd(at: 10) == .again)
        #expect(check.fetchOffset == 0)
        #expect(check.reachedEnd(at: 10) == .deliver)
        #expect(check.phase == .reading)
    }

    @Test("The search begins at the first record of the log, where earlier ones are deleted")
    func searchedFromLow() {
        var check = compacted()
        check.offsetOutOfRange()
        #expect(check.watermarks(Watermarks(low: 4, high: 20)) == nil)
        #expect(check.read(offset: 12, timestamp: 2_000, fingerprint: unasked) == .again)
        #expect(check.fetchOffset == 4)
    }

    @Test("After a lost connection, what was delivered meanwhile counts as applied")
    func searchedAfterReconnect() {
        var check = PartitionCheck(.offset(0))
        for offset in 0..<3 as Range<Int64> {
            #expect(check.read(offset: offset, timestamp: 100 + offset, fingerprint: unasked) == .deliver)
        }
        check.checkAgain(last: Fingerprint(offset: 2, checksum: 1))
        #expect(check.read(offset: 5, timestamp: 300, fingerprint: unasked) == .again)
        #expect(check.read(offset: 1, timestamp: 102, fingerprint: unasked) == .skip)
        #expect(check.read(offset: 5, timestamp: 300, fingerprint: unasked) == .deliver)
    }

    @Test("Records before the start offset are skipped")
    func skipsApplied() {
        var check = PartitionCheck(.offset(12))
        #expect(check.read(offset: 10, timestamp: -1, fingerprint: unasked) == .skip)
        #expect(check.read(offset: 12, timestamp: -1, fingerprint: unasked) == .deliver)
    }

    @Test("Reading continues after transaction markers that followed the last applied record")
    func markers() {
        var check = check(next: 12)
        #expect(check.read(offset: 9, timestamp: -1, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 12) == .deliver)
        #expect(check.read(offset: 12, timestamp: -1, fingerprint: unasked) == .deliver)
    }

    @Test("A record at the offset of a marker stops the partition", arguments: [true, false])
    func markersReplaced(lastIsThere: Bool) {
        var check = check(next: 12)
        if lastIsThere { #expect(check.read(offset: 9, timestamp: -1, fingerprint: { last }) == .skip) }
        #expect(check.read(offset: 11, timestamp: -1, fingerprint: unasked) == .stop(.replaced(offset: 11)))
    }

    @Test("A log that ends before markers that were read stops the partition, also after a lost connection")
    func markersCut() {
        var check = check()
        #expect(check.read(offset: 9, timestamp: -1, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 12) == .deliver)
        check.checkAgain(last: nil)
        #expect(check.read(offset: 9, timestamp: -1, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 11) == .stop(.beyondEnd(next: 12, high: 11)))
    }

    @Test("When nothing was applied, everything is delivered without a comparison")
    func beginning() {
        var check = PartitionCheck(.beginning)
        #expect(check.fetchOffset == nil)
        #expect(check.read(offset: 4, timestamp: -1, fingerprint: unasked) == .deliver)
    }

    @Test("Reading continues at the next record when retention deleted only applied records")
    func retention() {
        var check = check()
        check.offsetOutOfRange()
        #expect(check.read(offset: 10, timestamp: -1, fingerprint: unasked) == .skip)
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
        #expect(check.read(offset: 9, timestamp: -1, fingerprint: { last }) == .skip)
        #expect(check.reachedEnd(at: 10) == .deliver)
        #expect(check.phase == .reading)
    }

    @Test("After a lost connection, the last delivered record is compared again")
    func reconnected() {
        var check = check()
        _ = check.read(offset: 9, timestamp: -1, fingerprint: { last })
        _ = check.read(offset: 10, timestamp: -1, fingerprint: unasked)
        let delivered = Fingerprint(offset: 10, checksum: 3)
        check.checkAgain(last: delivered)
        #expect(check.phase == .comparing(delivered))
        #expect(check.fetchOffset == 10)
        #expect(
            check.read(offset: 10, timestamp: -1, fingerprint: { Fingerprint(offset: 10, checksum: 4) })
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
