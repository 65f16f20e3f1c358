import Log
import Worker

extension World {
    /// Appends the records that a worker writes to the log. Sometimes they are lost, are written twice, or come late.
    func restate(_ records: [ProducerRecord], by worker: Int) throws {
        if workers[worker] == nil { return }
        for record in records {
            self.record("worker \(worker) restates \(String(decoding: record.value ?? [], as: UTF8.self))")
            switch Int.random(in: 0..<1_000, using: &random) {
            case 0..<100: self.record("a restatement is lost")
            case 100..<200:
                log.append(record)
                log.append(record)
            case 200..<500: lateRecords.append(record)
            default: log.append(record)
            }
        }
    }

    /// Writes a record that a worker handed over before.
    func writeLateRecord() {
        if !lateRecords.isEmpty { log.append(lateRecords.removeFirst()) }
    }
}
