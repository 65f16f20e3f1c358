import Log
import SalesRules
import Testing

@testable import Events

@Suite("Orders that are read in one pass")
struct OrderScannerTests {
    private static let settings = try! EventSettings(currency: .euro)

    /// The event as the scanner reads it, and in the general way.
    private func decode(_ bytes: [UInt8]) -> (scanned: Event?, general: Event?) {
        bytes.withUnsafeBufferPointer { value in
            (
                OrderScanner.event(value, settings: Self.settings),
                try? EventDecoder(Self.settings).decodeAnyForm(value, headers: [])
            )
        }
    }

    @Test("Orders of the usual form are read so")
    func usual() {
        var events = RandomEvent(seed: 1)
        var read = 0
        for _ in 0..<2_000 {
            let event = events.next()
            guard case .order(_, .saved(let order, _, _)) = event.change, order.currency == .euro,
                let bytes = EventEncoder(currency: .euro).encode(event).value
            else { continue }
            let (scanned, general) = decode(bytes)
            #expect(general == event)
            if let scanned {
                read += 1
                #expect(scanned == event)
            }
        }
        #expect(read > 0)
        #expect(decode(Array(Self.order.utf8)).scanned != nil)
    }

    private static let order = #"""
        {"type":"order.saved","tenant":"acme","id":"SO-1","version":7,"number":"SO1","subject":"Übergröße, 3 Stück",
        "account":"Globex","owner":"u-1","total":"1250.50","currency":"EUR","date":"2026-03-14","status":"Approved",
        "by":"u-2","allocations":[{"id":"A-1","salesperson":"u-2","percent":"33.3333"},{"id":"A-2","salesperson":"u-3",
        "amount":-500.00},{"id":"A-3","salesperson":"u-3"}]}
        """#

    @Test("A text that a line ends is not JSON, also where a number follows", arguments: ["\n", "\r", "\t"])
    func brokenText(end: String) {
        let text = #"{"type":"order.saved","x":"a\#(end)1,"id":"S","owner":"u","total":1,"date":"2026-01-01"}"#
        #expect(decode(Array(text.utf8)) == (nil, nil))
    }

    @Test("Whatever is changed in a record, it is read as in the general way, or left to it", arguments: 1...8)
    func changed(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u00e9", "0", "1", "-", ".", "e", "true", "null", " ", "\n",
            "é",
            "\"id\"", "\"type\":\"order.saved\",", "\"version\":", "\"edit\":1,", "\"restated\":true,", "\"total\":",
            "\"all\"", "EUR", "USD", "00", "9999999999999999", "\"percent\":", "\"amount\":", "\"status\":5,",
            "\"specversion\":\"1.0\",", "\"tenant\":null,", "\"x\":", "\u{feff}",
        ].map { Array($0.utf8) }
        var scannedCount = 0
        for _ in 0..<20_000 {
            var bytes = Array(Self.order.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(contentsOf: words.randomElement(using: &random)!, at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...12, using: &random)))
                default:
                    let other = Int.random(in: 0..<bytes.count, using: &random)
                    bytes.replaceSubrange(place..<place + 1, with: bytes[other..<min(bytes.count, other + 8)])
                }
                if bytes.isEmpty { bytes = [0] }
            }
            let (scanned, general) = decode(bytes)
            guard let scanned else { continue }
            scannedCount += 1
            if scanned != general {
                Issue.record(
                    "\(String(decoding: bytes, as: UTF8.self)) is read as \(scanned), not as \(general as Any)"
                )
                return
            }
        }
        #expect(scannedCount > 500)
    }

    @Test(
        "What is unusual is left to the general way",
        arguments: [
            (#""version":7"#, #""version":"7""#), (#""number":"SO1""#, #""number":1049"#), (#""EUR""#, #""USD""#),
            (#""by":"u-2""#, #""restated":true"#), (#""by":"u-2""#, #""by":{}"#), ("Globex", #"Glo\u0062ex"#),
            (#""owner":"u-1""#, #""owner":"all""#), ("1250.50", "1250.5012345678901234"), (#""SO-1""#, #""SO/1""#),
        ]
    )
    func unusual(part: String, other: String) {
        let text = Self.order.replacing(part, with: other)
        #expect(text != Self.order)
        #expect(decode(Array(text.utf8)).scanned == nil)
    }
}
