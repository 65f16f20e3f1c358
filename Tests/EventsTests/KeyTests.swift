import Events
import SalesRules
import Testing

@Suite("Null values (tombstones)")
struct KeyTests {
    private static let deletions: [(Topic, String, Event.Change)] = [
        (.orders, "acme/SO-1", .order(id("SO-1"), .deleted(version: nil))),
        (.allocations, "acme/SO-1/A-1", .order(id("SO-1"), .allocationDeleted(id("A-1"), version: nil))),
        (.targets, "acme/T:1@x", .target(id("T:1@x"), .deleted(version: nil))),
        (.people, "acme/u_1", .person(id("u_1"), .deleted(version: nil))),
        (.people, "acme/u_1/preference", .person(id("u_1"), .preferenceDeleted(version: nil))),
    ]

    @Test("A null value deletes the record of its key, also as a CloudEvent in binary mode", arguments: deletions)
    func deletion(topic: Topic, key: String, change: Event.Change) throws {
        let expected = Event(tenant: id("acme"), change)
        #expect(try decode(nil, topic: topic, key: key) == expected)
        let headers = [header("CE_SpecVersion", "1.0"), header("ce_type", "com.vtiger.SalesOrder.deleted")]
        #expect(try decode(nil, topic: topic, key: key, headers: headers) == expected)
    }

    @Test("A null value with a malformed key is an error of the member `key`", arguments: Topic.allCases)
    func malformed(topic: Topic) {
        let good = topic == .allocations ? "acme/SO-1/A-1" : "acme/SO-1"
        #expect(refusal(nil, topic: topic, key: good) == nil)
        let more = topic == .allocations ? "acme/SO-1" : "acme/SO-1/A-1"
        let bad = [
            nil, "", "/", "//", "acme", "acme/", "/SO-1", good + "/", "/" + good, good + "/x/y", "acme//SO-1",
            " " + good,
            good + " ", good + "\n", "acme/SO 1", "acme/é", more, "acme/" + String(repeating: "x", count: 129),
        ]
        for key in bad {
            #expect(refusal(nil, topic: topic, key: key)?.member == "key", "\(key ?? "none")")
        }
    }

    @Test("An empty value is not a null value")
    func empty() {
        #expect(refusal([], key: "acme/SO-1")?.description == "record: is empty; send null to delete")
    }

    @Test("The key is ignored when there is a value")
    func ignored() throws {
        #expect(try decode(Array(orderJSON().utf8), key: "not a key") == decode(orderJSON()))
    }
}
