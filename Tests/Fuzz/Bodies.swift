import Log
import Model
import SalesRules

@testable import Events

extension Fuzz {
    /// Decodes bodies of HTTP requests. The first byte chooses the request and the settings.
    static let bodies = FuzzTarget(name: "bodies", run: { decodeBody($0) }, seeds: bodySeeds, words: words)

    private static func decodeBody(_ input: Input) {
        var reader = InputReader(input)
        let control = reader.byte()
        let settings = settings[Int(control >> 3 & 3)]
        do throws(RequestBodyErrors) {
            try decode(control & 7, Array(reader.rest), settings)
        } catch {
            require(!error.errors.isEmpty, "refused without a reason")
            for error in error.errors { requireOneLine(error.description) }
        }
    }

    private static func decode(
        _ kind: UInt8,
        _ body: [UInt8],
        _ settings: EventSettings
    ) throws(RequestBodyErrors) {
        let decoder = RequestBodyDecoder(settings)
        let tenant = id("acme")
        switch kind {
        case 0:
            let (given, target) = try decoder.target(body)
            require(given == nil || given == target.id, "another id than \(target.id)")
            check(Event(tenant: tenant, .target(target.id, .saved(target))), read: body.count, settings)
        case 1:
            let plan = try decoder.year(body)
            let targets = plan.targets(version: 1) { id("T") } ?? []
            require(targets.isEmpty || targets.reduce(0) { $0 + $1.goal } == plan.goal, "wrong sum of months")
        case 2:
            let plan = try decoder.copies(body)
            require(plan.from != plan.to && CopyPlan.allows(plan.percent), "\(plan)")
        case 3:
            let (given, _, allocation) = try decoder.allocation(body)
            require(given == nil || given == allocation.id, "another id than \(allocation.id)")
            let change = OrderChange.allocationSaved(allocation, version: nil)
            check(Event(tenant: tenant, .order(id("SO-1"), change)), read: body.count, settings)
        case 4:
            let choice = try decoder.choice(body)
            let change = PersonChange.preferred(choice, version: nil)
            check(Event(tenant: tenant, .person(id("u"), change)), read: body.count, settings)
        default:
            let type = kind == 5 ? "application/json" : "application/cloudevents-batch+json"
            let headers = [RecordHeader(name: "content-type", value: Array(type.utf8))]
            let events = try decoder.events(body, tenant: tenant, headers: headers)
            require(events.count <= RequestBodyDecoder.maximumEvents, "\(events.count) events")
            var settings = settings
            settings.defaultTenant = tenant
            for event in events { check(event, read: body.count, settings) }
        }
    }

    private static func bodySeeds() -> [[UInt8]] {
        let target =
            #"{"id":"T-1","name":"Q1","measure":"revenue","goal":"2500.00","start":"2026-01-01","end":"2026-03-31","#
            + #""assignees":["u-17","u-18"]}"#
        var seeds: [(UInt8, String)] = [
            (0, target),
            (1, #"{"name":"Year","measure":"orders","goal":120,"year":2026,"assignees":["u-1"]}"#),
            (2, #"{"from":2026,"to":2027,"percent":"2.5","salesperson":"all","measure":"revenue"}"#),
            (3, #"{"id":"A-1","salesperson":"u-18","percent":"33.3333"}"#),
            (3, #"{"salesperson":"u-18","amount":500.00}"#),
            (4, #"{"widget":{"year":2026,"salesperson":"u-18","measure":"revenue"}}"#),
        ]
        let encoder = EventEncoder(currency: .euro)
        let events = Array(History(seed: 2, events: 30, orders: 5, targets: 3)).compactMap {
            encoder.encode($0).value.map { String(decoding: $0, as: UTF8.self) }
        }
        seeds += events.map { (5, $0) }
        seeds.append((5, "[\(events.prefix(5).joined(separator: ", "))]"))
        seeds.append((6, "[\(events.prefix(3).map { #"{"type":"x","data":\#($0)}"# }.joined(separator: ","))]"))
        seeds.append((5, fixture("query.json")))
        return seeds.map { [$0.0] + Array($0.1.utf8) }
    }
}
