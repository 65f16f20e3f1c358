package import Log

extension Cursor {
    /// The form in Redis, which people can read with redis-cli: `<next> <newest timestamp> <last offset> <checksum>`, and
    /// offset and checksum of each earlier record. An unknown timestamp is `-`.
    package var encoded: String {
        var parts = ["\(next)", newest.map(String.init) ?? "-"]
        for record in [last] + earlier { parts += ["\(record.offset)", "\(record.checksum)"] }
        return parts.joined(separator: " ")
    }

    /// Reads ``encoded``.
    /// - Throws: ``CorruptRecord``.
    package init(parsing bytes: [UInt8]) throws(CorruptRecord) {
        let failure = CorruptRecord(reason: "the cursor is not valid")
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard (4...4 + 2 * Self.maximumEarlier).contains(parts.count), parts.count.isMultiple(of: 2),
            let next = Int64(parts[0])
        else { throw failure }
        let newest = parts[1] == "-" ? nil : Int64(parts[1])
        if newest == nil, parts[1] != "-" { throw failure }
        var records: [Fingerprint] = []
        for place in stride(from: 2, to: parts.count, by: 2) {
            guard let offset = Int64(parts[place]), let checksum = UInt32(parts[place + 1]), offset >= 0,
                offset < records.last?.offset ?? next
            else { throw failure }
            records.append(Fingerprint(offset: offset, checksum: checksum))
        }
        self.init(next: next, last: records[0], newest: newest, earlier: Array(records.dropFirst()))
    }
}
