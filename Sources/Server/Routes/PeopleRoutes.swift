internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// The people of a tenant, and the viewer.
struct PeopleRoutes: Sendable {
    let reader: LedgerReader

    func add(to group: RouterGroup<Context>) {
        group.get("salespeople") { _, context in try await salespeople(context) }
        group.get("me") { _, context in try await me(context) }
    }

    private func salespeople(_ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let people = viewer.role == .manager ? try await everyone(in: viewer.tenant) : [try await person(of: viewer)]
        return .json { json in
            json.objects("salespeople", people.sorted { ($0.name, $0.id) < ($1.name, $1.id) }) { person, json in
                json.member("id", person.id.rawValue)
                json.member("name", person.name)
            }
        }
    }

    private func me(_ context: Context) async throws -> Response {
        let viewer = try context.requireViewer()
        let person = try await person(of: viewer)
        let choice =
            try await reader.preference(of: TenantScoped(tenant: viewer.tenant, id: viewer.id)).value ?? WidgetChoice()
        return .json { json in
            json.member("id", person.id.rawValue)
            json.member("name", person.name)
            json.member("role", viewer.role.rawValue)
            json.member("tenant", viewer.tenant.rawValue)
            json.object("preferences") { choice.write(to: &$0) }
        }
    }

    /// The people from events, and the assignees of targets: a target may arrive before the events of its people.
    private func everyone(in tenant: Identifier) async throws -> [Person] {
        var people = try await reader.people(of: tenant)
        for assignee in try await reader.catalog(of: tenant).targets.lazy.flatMap(\.target.assignees)
        where people[assignee] == nil {
            people[assignee] = Person(id: assignee, name: assignee.rawValue)
        }
        return Array(people.values)
    }

    /// The name from the events has priority over the token's: everyone else sees it too.
    private func person(of viewer: Viewer) async throws -> Person {
        var person = try await reader.people([viewer.id], of: viewer.tenant)[viewer.id] ?? Person(id: viewer.id)
        if person.name.isEmpty || person.name == viewer.id.rawValue, !viewer.name.isEmpty { person.name = viewer.name }
        return person
    }
}
