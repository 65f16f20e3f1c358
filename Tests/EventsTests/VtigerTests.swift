import Events
import Foundation
import SalesRules
import Testing

@Suite("vtiger orders")
struct VtigerTests {
    private static func row(_ changes: KeyValuePairs<String, String?> = [:], type: String = "saved") -> String {
        var members = [
            "id": #""6x7""#, "total": #""200.00000000""#, "smownerid": #""5""#, "conversion_rate": #""1.000""#,
            "currency_code": #""EUR""#, "createdtime": #""2026-11-23 14:00:17""#,
        ]
        for (name, value) in changes { members[name] = value }
        let data = members.map { "\"\($0)\":\($1)" }.joined(separator: ",")
        return #"{"specversion":"1.0","type":"com.vtiger.SalesOrder.\#(type)","data":{\#(data)}}"#
    }

    private static func kafkaOrder(total: String) -> Order {
        Order(
            id: id("7"),
            number: "SO4",
            subject: "Kafka order",
            account: "2",
            owner: id("5"),
            total: decimal(total),
            currency: .euro,
            date: day("2026-11-23"),
            status: "Approved"
        )
    }

    @Test("Events recorded from a running vtiger are read correctly")
    func rows() throws {
        let lines = try fixture("crm.salesorder.cloudevents.jsonl").split(separator: UInt8(ascii: "\n"))
        let changes = try lines.map { try decode(Array($0)).change }
        var dollars = Order(
            id: id("5"),
            number: "SO2",
            subject: "USD order",
            account: "2",
            owner: id("2"),
            total: decimal("300"),
            currency: Currency("USD")!,
            date: day("2026-11-23"),
            status: "Created"
        )
        #expect(changes.count == 6)
        #expect(changes[0] == .order(id("7"), .saved(Self.kafkaOrder(total: "200"), listed: nil, version: nil)))
        #expect(changes[1] == .order(id("7"), .saved(Self.kafkaOrder(total: "400"), listed: nil, version: nil)))
        #expect(changes[2] == .order(id("7"), .deleted(version: nil)))
        #expect(changes[3] == changes[1])
        #expect(changes[4] == .order(id("5"), .saved(dollars, listed: nil, version: nil)))
        dollars = try #require(savedOrder(try decode(Array(lines[5]))))
        #expect(dollars.subject == "Tax order" && dollars.total == decimal("93.99901") && dollars.owner == id("5"))
    }

    @Test("An order from the webservice is read, as the bare record and inside `result`")
    func answer() throws {
        let record = try fixture("retrieve.6x5.json")
        let expected = Order(
            id: id("5"),
            number: "SO2",
            subject: "USD order",
            account: "2",
            owner: id("2"),
            total: decimal("300"),
            currency: .euro,
            date: day("2026-11-23"),
            status: "Created"
        )
        let event = Event(tenant: id("default"), .order(id("5"), .saved(expected, listed: nil, version: nil)))
        #expect(try decode(record) == event)
        #expect(try decode(Array(#"{"success":true,"result":"#.utf8) + record + Array("}".utf8)) == event)
        let text = String(decoding: record, as: UTF8.self)
        let other = try #require(savedOrder(try decode(text.replacing(#""1.000""#, with: #""1.088""#))))
        #expect(
            other.currency == .unnamed && other.exchangeRate.description == "1.088" && other.total == decimal("300")
        )
    }

    @Test("Each order of a query answer can be read, but the whole answer is refused")
    func query() throws {
        let answer = try fixture("query.json")
        #expect(refusal(answer)?.description == "result: is a list: send each order on its own")
        let object = try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
        let records = try #require(object?["result"] as? [[String: Any]])
        let orders = try records.map { savedOrder(try decode(Array(try JSONSerialization.data(withJSONObject: $0)))) }
        #expect(orders.map { $0?.id.rawValue } == ["5", "6", "7", "8", "4"])
        #expect(orders[1]?.exchangeRate.description == "1.088")
        #expect(orders[1]?.owner == id("6"))
    }

    @Test("An answer without an order is refused")
    func noOrder() {
        #expect(refusal(#"{"success":true,"result":{"id":"11x2"}}"#)?.member == "result")
        #expect(refusal(#"{"success":true,"result":"x"}"#)?.member == "result")
        #expect(refusal(#"{"success":false,"error":{"code":"INVALID_SESSIONID"}}"#)?.member == "type")
        #expect(refusal(#"{"hdnGrandTotal":"1","assigned_user_id":"19x5"}"#)?.member == "id")
    }

    @Test("An id is the record number without the module prefix, in every accepted form")
    func ids() throws {
        let written = [#""6x7""#, #""7""#, "7"].map {
            Self.row(["id": $0, "smownerid": $0.replacing("6x", with: "19x")])
        }
        for text in written {
            let order = try #require(savedOrder(try decode(text)))
            #expect(order.id == id("7") && order.owner == id("7"))
        }
        for wrong in [
            #""""#, "null", #""x7""#, #""6x""#, #""6x7x8""#, #""6xArray""#, "7.0", "7e0", "-7", #""0""#, "0", #""07""#,
            "[]", nil,
        ] {
            #expect(refusal(Self.row(["id": wrong]))?.member == "data.id", "\(wrong ?? "left out")")
            #expect(refusal(Self.row(["smownerid": wrong]))?.member == "data.smownerid", "\(wrong ?? "left out")")
        }
        for account in [#""11x2""#, #""2""#, "2"] {
            #expect(savedOrder(try decode(Self.row(["accountid": account])))?.account == "2")
        }
        for none in [#""""#, "null", nil] {
            #expect(savedOrder(try decode(Self.row(["accountid": none])))?.account == "")
        }
    }

    @Test("A saved row that is marked as deleted is a deletion; a restored row is a save")
    func deleted() throws {
        let deletion = Event.Change.order(id("7"), .deleted(version: nil))
        for flag in [#""1""#, "1"] {
            #expect(try decode(Self.row(["deleted": flag])).change == deletion)
            #expect(savedOrder(try decode(Self.row(["deleted": flag], type: "restored"))) != nil)
        }
        for flag in [#""0""#, "0", "null", nil] {
            #expect(savedOrder(try decode(Self.row(["deleted": flag]))) != nil)
            #expect(try decode(Self.row(["deleted": flag], type: "deleted")).change == deletion)
        }
        for flag in [#""yes""#, "2", "true", #""""#] {
            #expect(refusal(Self.row(["deleted": flag]))?.member == "data.deleted")
        }
    }

    @Test("A row is read in binary mode too")
    func binary() throws {
        let data = try #require(Self.row().split(separator: #""data":"#).last).dropLast()
        let headers = [header("Ce_Type", "com.vtiger.SalesOrder.saved"), header("ce_specversion", "1.0")]
        #expect(try decode(String(data), headers: headers) == decode(Self.row()))
        let deletion = [header("ce_type", "com.vtiger.SalesOrder.deleted")]
        #expect(try decode(#"{"id":"6x7"}"#, headers: deletion).change == .order(id("7"), .deleted(version: nil)))
    }

    @Test(
        "createdtime is UTC, and the order's date is that moment's date in the configured time zone",
        arguments: [
            ("2026-12-31 23:30:00", "UTC", "2026-12-31"), ("2026-12-31 23:30:00", "Europe/Amsterdam", "2027-01-01"),
            ("2026-12-31 22:59:59", "Europe/Amsterdam", "2026-12-31"),
            ("2026-06-30 21:59:59", "Europe/Amsterdam", "2026-06-30"),
            ("2026-06-30 22:00:00", "Europe/Amsterdam", "2026-07-01"),
            ("2026-01-01 04:59:59", "America/New_York", "2025-12-31"),
            ("2026-01-01 05:00:00", "America/New_York", "2026-01-01"), ("1969-12-31 23:59:59", "UTC", "1969-12-31"),
            ("2026-03-14 18:30:00", "Asia/Kolkata", "2026-03-15"),
            ("2026-03-14 10:00:00", "Pacific/Kiritimati", "2026-03-15"),
        ]
    )
    func timeZone(time: String, zone: String, expected: String) throws {
        let text = Self.row(["createdtime": "\"\(time)\""])
        #expect(savedOrder(try decode(text, settings: settings(timeZone: zone)))?.date == day(expected))
    }

    @Test("The settings choose the fields for amount and date")
    func choices() throws {
        let text = Self.row([
            "pre_tax_total": #""89.99910000""#, "duedate": #""2026-12-15""#, "cf_852": #""2027-01-02""#,
        ])
        #expect(savedOrder(try decode(text, settings: settings(amount: .preTaxTotal)))?.total == decimal("89.9991"))
        #expect(savedOrder(try decode(text, settings: settings(date: .field("duedate"))))?.date == day("2026-12-15"))
        #expect(savedOrder(try decode(text, settings: settings(date: .field("cf_852"))))?.date == day("2027-01-02"))
        #expect(refusal(Self.row(), settings: settings(amount: .preTaxTotal))?.member == "data.pre_tax_total")
        for wrong in [#""""#, "null", #""15-12-2026""#, "20261215", nil] {
            let error = refusal(Self.row(["duedate": wrong]), settings: settings(date: .field("duedate")))
            #expect(error?.member == "data.duedate")
        }
        let twice = Self.row().replacing(#""data":{"#, with: #""data":{"cf_1":"2026-01-01","cf_1":"2026-01-02","#)
        #expect(refusal(twice, settings: settings(date: .field("cf_1")))?.reason == "occurs twice")
    }

    private static let wrong: [(name: String, values: [String?])] = [
        ("total", [nil, "null", #""""#, #""x""#, "true"]),
        ("conversion_rate", [nil, "null", #""""#, "0", #""0.000""#, #""-1""#]),
        ("currency_code", [#""""#, #""euro""#, "1"]),
        (
            "createdtime",
            [
                nil, "null", #""""#, #""2026-11-23""#, #""2026-11-23T14:00:17""#, #""2026-11-23 24:00:00""#,
                #""2026-11-23 14:60:00""#, #""2026-11-23 14:00:60""#, #""2026-11-23 +1:00:00""#,
                #""2026-11-23 14:00:17Z""#,
                #""2026-02-29 14:00:17""#, #""2026-11-23  4:00:17""#, #""0000-00-00 00:00:00""#, "1",
            ]
        ),
        ("sostatus", ["1"]), ("accountid", ["[]", #""abc""#]),
    ]

    @Test("An invalid field of a row is named", arguments: wrong)
    func refused(name: String, values: [String?]) {
        for value in values {
            let error = refusal(Self.row([name: value]))
            #expect(error?.member == "data.\(name)", "\(value ?? "left out"): \(error?.description ?? "accepted")")
        }
    }

    @Test("Without currency_code a row is in the reporting currency at rate 1, else in an unnamed currency")
    func currency() throws {
        let dollars = settings(currency: "USD")
        #expect(savedOrder(try decode(Self.row(["currency_code": nil]), settings: dollars))?.currency.code == "USD")
        let other = Self.row(["currency_code": nil, "conversion_rate": "1.1"])
        #expect(savedOrder(try decode(other))?.currency == .unnamed)
    }

    @Test(
        "An order without an account counts, however vtiger writes that there is none",
        arguments: [#""0""#, "0", #""""#, #""11x0""#, #""11x""#, "null"]
    )
    func noAccount(written: String) throws {
        let row = try #require(savedOrder(try decode(Self.row(["accountid": written]))))
        #expect(row.account == "" && row.total == decimal("200"))
        let answer = """
            {"id":"6x5","hdnGrandTotal":"300.00000000","conversion_rate":"1.000","assigned_user_id":"19x1",
             "account_id":\(written),"createdtime":"2026-03-14 10:15:00"}
            """
        #expect(savedOrder(try decode(answer))?.account == "")
        #expect(refusal(Self.row(["smownerid": #""0""#])) != nil)
        #expect(refusal(Self.row(["accountid": #""11x07""#])) != nil)
    }
}
