import Events
import Foundation
import SalesRules
import Testing

@Suite("CloudEvents")
struct CloudEventTests {
    private static let data = orderJSON()

    @Test(
        "The content-type header, in any case, marks structured mode: the event is in `data`",
        arguments: [
            "application/cloudevents+json", "application/cloudevents", "APPLICATION/CloudEvents+JSON; charset=utf-8",
        ]
    )
    func structured(contentType: String) throws {
        let text = #"{"id":"1","data":\#(Self.data),"source":"x","type":"order.saved"}"#
        for name in ["content-type", "Content-Type", "CONTENT-TYPE"] {
            #expect(try decode(text, headers: [header(name, contentType)]) == decode(Self.data))
        }
        #expect(refusal(text, headers: [header("content-type", "application/json")]) != nil)
        #expect(refusal(text, headers: [header("content-type", nil)]) != nil)
    }

    @Test("Without the header, a value with `specversion` is a CloudEvent, in any order of members")
    func body() throws {
        let expected = try decode(Self.data)
        let bare = Self.data.replacing(#""type":"order.saved","#, with: "")
        for text in [
            #"{"specversion":"1.0","type":"any.thing","data":\#(Self.data)}"#,
            #"{"data":\#(bare),"type":"order.saved","specversion":"1.0"}"#,
            #"{"data":\#(bare),"total":"99","id":"no","specversion":"1.0","type":"order.saved","subject":7}"#,
        ] {
            #expect(try decode(text) == expected)
        }
        #expect(try decode(orderJSON(["specversion": "null"])) == expected)
    }

    @Test("In binary mode the value is the event, and its own type takes precedence over the header")
    func binary() throws {
        let expected = try decode(Self.data)
        let bare = Self.data.replacing(#""type":"order.saved","#, with: "")
        for name in ["ce_type", "CE_Type", "Ce_TYPE"] {
            #expect(
                try decode(bare, headers: [header("ce_specversion", "1.0"), header(name, "order.saved")]) == expected
            )
            #expect(try decode(Self.data, headers: [header(name, "com.example.saved")]) == expected)
        }
        let json = header("content-type", "application/json")
        #expect(try decode(bare, headers: [json, header("ce_type", "order.saved")]) == expected)
        #expect(refusal(bare, headers: [header("ce_type", "com.example.saved")])?.member == "type")
        #expect(refusal(bare)?.member == "type")
    }

    @Test(
        "An error in an envelope names the member, with its path inside `data`",
        arguments: [
            (#"{"specversion":"1.0","data":{}}"#, "type"), (#"{"specversion":"1.0","type":"order.saved"}"#, "data"),
            (#"{"specversion":"1.0","type":"order.saved","data":null}"#, "data"),
            (#"{"specversion":"1.0","type":"order.saved","data":"{}"}"#, "data"),
            (#"{"specversion":"1.0","type":"order.saved","data":[]}"#, "data"),
            (#"{"specversion":"1.0","type":"order.saved","data_base64":"e30="}"#, "data_base64.id"),
            (#"{"specversion":"1.0","type":"order.saved","data_base64":"e30"}"#, "data_base64"),
            (#"{"specversion":"1.0","type":"order.saved","data_base64":"W10="}"#, "data_base64"),
            (#"{"specversion":"1.0","type":"order.saved","data_base64":"ezE="}"#, "data_base64"),
            (#"{"specversion":"1.0","type":"order.saved","data_base64":""}"#, "data_base64"),
            (#"{"specversion":"1.0","type":"order.saved","data":{},"data_base64":"e30="}"#, "data_base64"),
            (#"{"specversion":"1.0","type":"order.saved","data":{}}"#, "data.id"),
            (#"{"specversion":"1.0","type":"nothing","data":{"id":"a"}}"#, "data.type"),
            (#"{"specversion":"1.0","type":"com.vtiger.SalesOrder.moved","data":{"id":"6x7"}}"#, "type"),
            (
                #"{"specversion":"1.0","type":"x","data":\#(orderJSON(["allocations": "[{}]"]))}"#,
                "data.allocations[0].id"
            ), (#"{"specversion":"1.0","type":"a","type":"b","data":{}}"#, "type"),
        ]
    )
    func refused(text: String, member: String) {
        let error = refusal(text)
        #expect(error?.member == member, "\(error?.description ?? "accepted")")
    }

    @Test("A body with `specversion` is a CloudEvent, whatever the headers say")
    func bodyBesideHeaders() throws {
        let bare = Self.data.replacing(#""type":"order.saved","#, with: "")
        let text = #"{"specversion":"1.0","id":"e1","source":"/x","type":"order.saved","data":\#(bare)}"#
        for headers in [
            [header("ce_type", "order.saved")],
            [header("ce_type", "com.example.other"), header("ce_specversion", "1.0")],
            [header("ce_type", "order.saved"), header("content-type", "application/json")],
        ] {
            #expect(try decode(text, headers: headers) == decode(Self.data))
        }
    }

    @Test("Data in Base64 is read")
    func base64() throws {
        let encoded = Data(Self.data.utf8).base64EncodedString()
        let text = #"{"specversion":"1.0","type":"order.saved","data_base64":"\#(encoded)"}"#
        #expect(try decode(text) == decode(Self.data))
        #expect(try decode(text.replacing("1.0\",", with: "1.0\",\"data\":null,")) == decode(Self.data))
    }

    @Test("A type in quotes, as Spring writes it, is the type")
    func quoted() throws {
        let bare = Self.data.replacing(#""type":"order.saved","#, with: "")
        #expect(try decode(bare, headers: [header("ce_type", #""order.saved""#)]) == decode(Self.data))
        let structured = #"{"type":"order.saved","data":\#(bare)}"#
        let type = header("content-type", #""application/cloudevents+json""#)
        #expect(try decode(structured, headers: [type]) == decode(Self.data))
        #expect(refusal(bare, headers: [header("ce_type", "\"")])?.member == "type")
    }

    @Test("Two different types in the headers are refused; the same type twice is accepted")
    func twoTypes() {
        let type = header("ce_type", "order.saved")
        #expect(refusal(Self.data, headers: [type, header("CE_TYPE", "order.deleted")])?.member == "ce_type")
        #expect(refusal(Self.data, headers: [type, type]) == nil)
    }
}
