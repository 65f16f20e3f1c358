import Events
import HTTPTypes
import HummingbirdTesting
import Kafka
import Ledger
import SalesRules
import Server
import Testing

@Suite("Events over HTTP", .timeLimit(.minutes(1)))
struct IngestTests {
    @Test("Events with the 101st allocation of an order are refused with its place, and nothing is written")
    func tooManyAllocations() async throws {
        let known = (1...99).map { allocated("SO-1", "A-\($0) u-18 1%") }
        try await withFixture([saved("SO-1", total: "100.00")] + known) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                func event(_ number: Int) -> String {
                    #"{"type":"allocation.saved","id":"A-\#(number)","order":"SO-1","salesperson":"u-18"}"#
                }
                let both = try await server.send(.post, "orders", "[\(event(100)),\(event(101))]", as: "crm", .ingest)
                try expectProblem(both, 409)
                let errors = try both.json()["errors"] as? [[String: String]]
                #expect(errors?.map { $0["member"] } == ["[1].id"])
                #expect(await log.events.isEmpty)
                let one = try await server.send(.post, "orders", event(100), as: "crm", .ingest)
                #expect(one.status == 200)
                try expectProblem(try await server.send(.post, "orders", event(101), as: "crm", .ingest), 409)
                let again = try await server.send(.post, "orders", "[\(event(7)),\(event(100))]", as: "crm", .ingest)
                #expect(again.status == 200)
            }
        }
    }

    private static let order =
        #"{"type":"order.saved","id":"SO-1","owner":"u-17","total":1250.005,"date":"2026-03-14"}"#
    private static let target = #"""
        {"type":"target.saved","id":"T-1","measure":"revenue","goal":"10000.00","start":"2026-01-01","end":"2026-12-31","assignees":["u-17"]}
        """#

    private func post(_ server: APIClient, _ body: String, type: String = "application/json") async throws
        -> APIClient.Answer
    {
        try await server.send(.post, "orders", body, as: "crm", .ingest, headers: [.contentType: type])
    }

    @Test("One event, or a list of events of any type, is applied before the response", arguments: [1, 3])
    func applied(shards: Int) async throws {
        try await withServer([], shards: shards) { server in
            let one = try await post(server, Self.order)
            #expect(one.status == 200)
            #expect(one.text == #"{"accepted":1}"#)
            let allocation =
                #"{"type":"allocation.saved","id":"A-1","order":"SO-1","salesperson":"u-18","percent":"40"}"#
            let person = #"{"type":"salesperson.saved","id":"u-18","name":"Mia"}"#
            let list = try await post(server, "[\(Self.target),\(allocation),\(person)]")
            #expect(list.text == #"{"accepted":3}"#)
            let order = try await server.get("orders/SO-1").text
            #expect(order.contains(#""total":"1250.00""#))
            #expect(order.contains(#""salesperson":"u-18","name":"Mia","amount":"500.00""#))
            #expect(try await server.get("targets/T-1").json()["realized"] as? String == "1250.00")
            #expect(try await post(server, "[]").text == #"{"accepted":0}"#)
        }
    }

    @Test("A CloudEvent in binary mode has its type in the header ce-type")
    func binaryMode() async throws {
        try await withServer([]) { server in
            let data = Self.order.replacing(#""type":"order.saved","#, with: "")
            let headers: HTTPFields = [
                HTTPField.Name("ce-specversion")!: "1.0", HTTPField.Name("ce-id")!: "1",
                HTTPField.Name("CE-Type")!: "order%2Esaved", HTTPField.Name("ce-source")!: "/crm",
                .contentType: "application/json",
            ]
            let answer = try await server.send(.post, "orders", data, as: "crm", .ingest, headers: headers)
            #expect(answer.text == #"{"accepted":1}"#)
            #expect(try await server.get("orders/SO-1").json()["owner"] as? String == "u-17")
        }
    }

    @Test("CloudEvents and vtiger records are accepted too")
    func otherShapes() async throws {
        try await withServer([]) { server in
            let data = Self.order.replacing(#""type":"order.saved","#, with: "")
            let cloud = #"{"specversion":"1.0","type":"order.saved","id":"1","source":"crm","data":\#(data)}"#
            let vtiger = #"""
                {"success":true,"result":{"id":"6x7","hdnGrandTotal":"10.00","assigned_user_id":"19x5",
                "conversion_rate":"1","createdtime":"2026-03-14 10:00:00"}}
                """#
            for (body, type) in [
                (cloud, "application/cloudevents+json"), (vtiger, "application/json"),
                ("[\(cloud)]", "application/cloudevents-batch+json; charset=UTF-8"),
            ] {
                let answer = try await post(server, body, type: type)
                #expect(answer.status == 200)
            }
            #expect(try await server.get("orders/7").json()["owner"] as? String == "5")
        }
    }

    @Test("If one event is invalid, nothing is written, and each error has its index in the list")
    func mistakes() async throws {
        try await withFixture([]) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                let bad = Self.order.replacing("1250.005", with: "\"\"")
                let answer = try await post(server, "[\(Self.order),\(bad),3]")
                try expectProblem(answer, 400)
                let errors = try answer.json()["errors"] as? [[String: String]]
                #expect(errors?.compactMap { $0["member"] } == ["[1].total", "[2]"])
                for body in ["", "{", "[{]", "null"] { try expectProblem(try await post(server, body), 400) }
                try expectProblem(try await post(server, Self.order, type: "text/plain"), 415)
            }
            #expect(await log.events.isEmpty)
        }
    }

    @Test("Events get the tenant of the token, and an event with another tenant is refused")
    func tenants() async throws {
        try await withFixture([]) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                let foreign = Self.order.replacing("{", with: #"{"tenant":"acme","#)
                func post(_ body: String) async throws -> APIClient.Answer {
                    try await server.send(.post, "orders", body, as: "crm", .ingest, tenant: id("globex"))
                }
                let answer = try await post("[\(Self.order),\(foreign)]")
                try expectProblem(answer, 403)
                #expect((try answer.json()["errors"] as? [[String: String]])?.first?["member"] == "[1].tenant")
                #expect(try await post(Self.order).status == 200)
            }
            #expect(await log.events.map(\.tenant) == [id("globex")])
        }
    }

    @Test("Events that no worker applies in time get 202 with the location of the first order")
    func accepted() async throws {
        try await withFixture([]) { fixture in
            let log = DirectLog(fixture.sink, appliesEvents: false)
            let application = try await fixture.application(log: log, timeout: .milliseconds(30))
            try await application.test(.router) { client in
                let answer = try await post(APIClient(client: client), "[\(Self.target),\(Self.order)]")
                #expect(answer.status == 202)
                #expect(answer.headers[.location] == "/api/v1/orders/SO-1")
            }
        }
    }

    @Test("A body of more than 16 MiB is refused")
    func size() async throws {
        try await withServer([]) { server in
            let subject = String(repeating: "x", count: 900_000)
            let large = Self.order.replacing("{", with: #"{"subject":"\#(subject)","#)
            let list = "[" + Array(repeating: large, count: 10).joined(separator: ",") + "]"
            #expect(try await post(server, list).status == 200)
            let tooLarge = list + String(repeating: " ", count: 16_777_216 - list.utf8.count + 1)
            try expectProblem(try await post(server, tooLarge), 413)
        }
    }

    @Test("Without Kafka a write gets 503")
    func noKafka() async throws {
        try await withFixture([]) { fixture in
            let kafka = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: ["message.timeout.ms": "300"])
            let log = EventProducer(KafkaBackend(kafka), topics: TopicNames(), currency: .euro)
            try await fixture.application(log: log).test(.router) { client in
                let answer = try await post(APIClient(client: client), Self.order)
                try expectProblem(answer, 503)
                #expect(answer.headers[.retryAfter] == "1")
            }
            await log.close()
        }
    }
}
