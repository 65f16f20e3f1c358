package import Foundation
package import SalesRules

/// A person who may sign in with a username and a password.
package struct Account: Sendable, Codable, Hashable {
    /// Unique; compared without case.
    package let username: Username
    /// The person's id in the events.
    package let person: Identifier
    /// What they may do.
    package let role: Role
    /// The tenant whose data they see.
    package let tenant: Identifier
    /// Shown until an event gives the person a name; empty for none.
    package let name: String
    /// When the account was created or last changed, in whole seconds.
    package private(set) var changed: Date
    /// The hash that the password is compared with.
    package private(set) var password: PasswordHash

    /// An account that was changed at `now`.
    package init(
        username: Username,
        person: Identifier,
        role: Role,
        tenant: Identifier,
        name: String,
        password: PasswordHash,
        now: Date = Date()
    ) {
        self.username = username
        self.person = person
        self.role = role
        self.tenant = tenant
        self.name = name
        self.password = password
        changed = Self.nextSecond(now)
    }

    /// Sets a new password, which ends the sessions of the account.
    package mutating func change(_ password: PasswordHash, now: Date = Date()) {
        self.password = password
        changed = max(Self.nextSecond(now), changed)
    }

    /// Times in tokens are whole seconds: a session that began earlier in this second must end too.
    private static func nextSecond(_ moment: Date) -> Date {
        Date(timeIntervalSince1970: moment.timeIntervalSince1970.rounded(.up))
    }

    /// The person who signs in with this account.
    var viewer: Viewer { Viewer(id: person, tenant: tenant, role: role, name: name) }

    /// Different after each change of the password: a session keeps it, and ends when it is another one. Times would not
    /// do: a session that began while the clock was ahead would outlive the change.
    var stamp: String { password.stamp(with: Int64(changed.timeIntervalSince1970)) }

    /// Whether a session of this viewer is still valid that began when the account had this stamp.
    func allows(_ viewer: Viewer, stamp: String) -> Bool {
        viewer.id == person && viewer.tenant == tenant && viewer.role == role && stamp == self.stamp
    }

    private enum CodingKeys: CodingKey { case username, person, role, tenant, name, changed, password }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value>(_ key: CodingKeys, _ expected: String, _ read: (String) -> Value?) throws -> Value {
            guard let value = read(try container.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: container,
                    debugDescription: "\(key.stringValue) is not \(expected)"
                )
            }
            return value
        }
        username = try value(.username, "a username") { Username($0) }
        person = try value(.person, "the id of a person (`all` is nobody's)") {
            Identifier($0).flatMap { $0.isPerson ? $0 : nil }
        }
        role = try value(.role, "manager, salesperson or ingest") { Role(rawValue: $0) }
        tenant = try value(.tenant, "an id") { Identifier($0) }
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
        changed = Date(timeIntervalSince1970: Double(try container.decode(Int64.self, forKey: .changed)))
        password = try container.decode(PasswordHash.self, forKey: .password)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(username.rawValue, forKey: .username)
        try container.encode(person.rawValue, forKey: .person)
        try container.encode(role.rawValue, forKey: .role)
        try container.encode(tenant.rawValue, forKey: .tenant)
        try container.encode(name, forKey: .name)
        try container.encode(Int64(changed.timeIntervalSince1970), forKey: .changed)
        try container.encode(password, forKey: .password)
    }
}

/// The name that a person signs in with, such as an e-mail address; compared without case.
package struct Username: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// In lower case.
    package let rawValue: String
    /// The same as ``rawValue``.
    package var description: String { rawValue }

    /// Nil unless the text has 1 to 128 of the characters `[A-Za-z0-9._:@|+-]`.
    package init?(_ text: String) {
        guard Identifier(text.replacing("+", with: "-")) != nil else { return nil }
        rawValue = text.lowercased()
    }

    /// By ``rawValue``.
    package static func < (left: Username, right: Username) -> Bool { left.rawValue < right.rawValue }
}
