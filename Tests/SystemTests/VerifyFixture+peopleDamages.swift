import Ledger
import Operations
import Redis
import SalesRules

extension Damage {
    /// Whether it cannot be seen where entries, targets and people are taken as correct.
    var needsLog: Bool {
        [.entry, .target, .person].contains(kind) || key == VerifyFixture.entry("GHOST")
            || key.hasPrefix("{s0}:people:")
    }
}

extension VerifyFixture {
    static var peopleDamages: [Damage] {
        let people = KeySpace().people(of: tenant)
        let ghosts = KeySpace().people(of: Identifier("ghost")!)
        return [
            Damage(
                "a person of another name",
                people,
                save("u-1", in: people),
                .person,
                #"in Redis it is "Eve" "", but in the log it is "Ann" """#
            ),
            Damage(
                "a person who is gone",
                people,
                RedisCommand("DEL", people),
                .person,
                #"in Redis it is missing, but in the log it is "Ann" """#
            ),
            Damage(
                "a person whom the log does not have",
                people,
                save("u-9", in: people),
                .person,
                #"in Redis it is "Eve" "", but in the log it is missing"#
            ),
            Damage(
                "a person whose id is not valid",
                people,
                save("default/u-1", in: people),
                .foreign,
                #"a field "default/u-1""#
            ),
            Damage(
                "people of another Redis type",
                people,
                RedisCommand("SET", people, "1"),
                .person,
                "another type"
            ),
            Damage(
                "people of a tenant that the log does not have",
                ghosts,
                save("u-1", in: ghosts),
                .foreign,
                "the log has no people of tenant ghost"
            ),
            Damage(
                "people of all tenants in one hash",
                "{s0}:people",
                save("default/u-1", in: "{s0}:people"),
                .foreign,
                "no key"
            ),
        ]
    }

    private static func save(_ field: String, in people: String) -> RedisCommand {
        var command = RedisCommand("HSET", people, field)
        if let bytes = PersonCodec.encode(Versioned(Person(id: Identifier("u-1")!, name: "Eve"))) {
            command.append(bytes)
        }
        return command
    }
}
