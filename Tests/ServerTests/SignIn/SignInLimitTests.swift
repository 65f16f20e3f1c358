import Foundation
import HTTPTypes
import HummingbirdTesting
import SalesRules
import Testing

@testable import Server

@Suite("Limits for sign-in attempts", .timeLimit(.minutes(1)))
struct SignInLimitTests {
    private let jan = Username("jan")!
    private static let start = ContinuousClock.now

    /// Makes this many attempts that fail.
    /// - Returns: the number of allowed attempts, and the seconds to wait in the last refusal.
    private func failures(
        _ count: Int,
        _ limits: SignInLimits,
        from address: String,
        at username: Username? = nil,
        after seconds: Double = 0
    ) -> (made: Int, wait: Int?) {
        var result = (made: 0, wait: Int?.none)
        for _ in 0..<count {
            do throws(Problem) {
                _ = try limits.attempt(
                    from: ClientAddress(address),
                    at: username ?? jan,
                    now: Self.start + .seconds(seconds)
                )
                result.made += 1
            } catch {
                #expect(error.status == .tooManyRequests)
                result.wait = error.headers[.retryAfter].flatMap { Int($0) }
            }
        }
        return result
    }

    @Test("One address has five attempts at one account, then one per minute")
    func pair() {
        let limits = SignInLimits()
        #expect(failures(9, limits, from: "192.0.2.1") == (5, 60))
        #expect(failures(9, limits, from: "192.0.2.1", after: 59) == (0, 1))
        #expect(failures(9, limits, from: "192.0.2.1", after: 60) == (1, 60))
        #expect(failures(9, limits, from: "192.0.2.1", after: 1_000_000) == (5, 60))
    }

    @Test("One address has twenty attempts at all accounts together, then one every six seconds")
    func address() throws {
        let limits = SignInLimits()
        var made = 0
        for number in 0..<30 {
            made += failures(1, limits, from: "2001:db8::\(number)", at: Username("u\(number)")!).made
        }
        #expect(made == 20)
        #expect(failures(1, limits, from: "2001:db8:0:1::1") == (1, nil))
        #expect(failures(2, limits, from: "2001:db8::", at: Username("v"), after: 6) == (1, 6))
    }

    @Test("Attempts from one address do not lock an account for other addresses")
    func oneAttacker() {
        let limits = SignInLimits()
        for minute in 0..<1_000 {
            let seconds = Double(minute) * 60
            _ = failures(20, limits, from: "192.0.2.1", after: seconds)
            #expect(failures(1, limits, from: "198.51.100.\(minute % 250)", after: seconds).made == 1)
        }
    }

    @Test("Attempts from many addresses limit an account, except for addresses that signed in before")
    func manyAttackers() throws {
        let limits = SignInLimits()
        limits.succeeded(try limits.attempt(from: ClientAddress("203.0.113.9"), at: jan, now: Self.start))
        let made = (0..<250).reduce(0) { $0 + failures(3, limits, from: "192.0.2.\($1)").made }
        #expect(made == 30)
        #expect(failures(1, limits, from: "198.51.100.1") == (0, 10))
        #expect(failures(1, limits, from: "203.0.113.9").made == 1)
        #expect(failures(1, limits, from: "198.51.100.1", after: 10).made == 1)
        #expect(failures(1, limits, from: "198.51.100.1", at: Username("mia")).made == 1)
    }

    @Test("Successful sign-ins do not count")
    func successes() throws {
        let limits = SignInLimits()
        for _ in 0..<100 {
            limits.succeeded(try limits.attempt(from: ClientAddress("192.0.2.1"), at: jan, now: Self.start))
        }
        #expect(failures(9, limits, from: "192.0.2.1").made == 5)
    }

    @Test("The number of stored addresses is limited, and those with the most attempts stay limited")
    func bounded() throws {
        let limits = SignInLimits(capacity: 100)
        _ = failures(5, limits, from: "192.0.2.1")
        for number in 0..<1_000 {
            let address = "2001:db8:\(String(number, radix: 16))::1"
            _ = failures(1, limits, from: address, at: Username("u\(number)"))
            #expect(limits.count <= 103)
        }
        #expect(failures(1, limits, from: "192.0.2.1").made == 0)
    }

    @Test("Too many attempts get 429 with Retry-After, and other addresses can still sign in")
    func answers() async throws {
        let proxies = try #require(TrustedProxies("127.0.0.0/8"))
        try await withFixture([]) { fixture in
            let accounts = AccountDirectory(try TestAccounts.all())
            let application = try await fixture.application(
                accounts: accounts,
                web: WebSettings(trustedProxies: proxies)
            )
            try await application.test(.live) { client in
                let server = APIClient(client: client)
                let forwarded = HTTPField.Name("X-Forwarded-For")!
                let here: HTTPFields = [forwarded: "198.51.100.7, 192.0.2.1"]
                for _ in 0..<5 {
                    #expect(try await server.signIn("jan", "wrong password", headers: here).status == 401)
                }
                // Only the address that the trusted proxy added counts, not one that the client sent.
                for claimed in ["192.0.2.1", "203.0.113.1, 192.0.2.1"] {
                    let answer = try await server.signIn("jan", TestAccounts.password, headers: [forwarded: claimed])
                    try expectProblem(answer, 429)
                    #expect(answer.headers[.retryAfter] == "60")
                }
                let elsewhere: HTTPFields = [forwarded: "192.0.2.2"]
                #expect(try await server.signIn("jan", TestAccounts.password, headers: elsewhere).status == 200)
            }
        }
    }

    @Test("Without trusted proxies, X-Forwarded-For is ignored")
    func noProxies() async throws {
        try await withFixture([]) { fixture in
            let accounts = AccountDirectory(try TestAccounts.all())
            try await fixture.application(accounts: accounts).test(.live) { client in
                let server = APIClient(client: client)
                var statuses: [Int] = []
                for number in 0..<6 {
                    let headers: HTTPFields = [HTTPField.Name("X-Forwarded-For")!: "192.0.2.\(number)"]
                    statuses.append(try await server.signIn("jan", "wrong password", headers: headers).status)
                }
                #expect(statuses == [401, 401, 401, 401, 401, 429])
            }
        }
    }

    @Test("When too many passwords are checked at once, some sign-ins get 503 and the others are served")
    func busy() async throws {
        let check = PasswordCheck(AccountDirectory(try TestAccounts.all()))
        // Both threads are taken, so that nobody is served before all have come.
        for _ in 0..<2 { try await check.begin(isKnown: false) }
        let refused = Shared(0)
        let outcomes = await withTaskGroup(of: Bool?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        try await check.begin(isKnown: false)
                        return try await check.account("jan", TestAccounts.password) != nil
                    } catch {
                        refused.withLock { $0 += 1 }
                        return (error as? Problem)?.status == .serviceUnavailable ? nil : false
                    }
                }
            }
            while await check.waiting + refused.withLock({ $0 }) < 200 { await Task.yield() }
            for _ in 0..<2 { _ = try? await check.account("nobody", "wrong password") }
            return await group.reduce(into: [Bool?]()) { $0.append($1) }
        }
        #expect(!outcomes.contains(false))
        #expect(outcomes.count { $0 == true } == 32)
        try await check.begin(isKnown: false)
        #expect(try await check.account("jan", TestAccounts.password) != nil)
    }

    @Test("A full queue of strangers does not keep known people out, and they go first")
    func knownFirst() async throws {
        let check = PasswordCheck(AccountDirectory(try TestAccounts.all()))
        for _ in 0..<2 { try await check.begin(isKnown: false) }
        let order = Shared<[String]>([])
        await withTaskGroup(of: Void.self) { group in
            func come(_ person: String, isKnown: Bool = false) {
                group.addTask {
                    do {
                        try await check.begin(isKnown: isKnown)
                        order.withLock { $0.append(person) }
                        _ = try await check.account("nobody", "wrong password")
                    } catch {
                        order.withLock { $0.append("refused \(person)") }
                    }
                }
            }
            func wait(for count: Int) async {
                while await check.waiting + order.withLock({ $0.count }) < count { await Task.yield() }
            }
            for _ in 0..<32 { come("stranger") }
            await wait(for: 32)
            come("last stranger")
            await wait(for: 33)
            come("known", isKnown: true)
            await wait(for: 34)
            for _ in 0..<2 { _ = try? await check.account("nobody", "wrong password") }
        }
        let outcome = order.withLock(\.self)
        #expect(outcome.first == "refused last stranger")
        #expect(outcome.prefix(4).contains("known"))
        #expect(outcome.count == 34)
    }

    @Test("An attempt that was not made because too many people sign in is not counted")
    func undone() throws {
        let limits = SignInLimits()
        for _ in 0..<50 {
            limits.undo(try limits.attempt(from: ClientAddress("192.0.2.1"), at: jan, now: Self.start))
        }
        let attempt = try limits.attempt(from: ClientAddress("192.0.2.1"), at: jan, now: Self.start)
        #expect(!attempt.isKnown)
        limits.succeeded(attempt)
        #expect(try limits.attempt(from: ClientAddress("192.0.2.1"), at: jan, now: Self.start).isKnown)
    }
}

@Suite("The client address of a request")
struct ClientAddressTests {
    @Test(
        "Addresses are parsed in the formats that proxies use",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), (" 192.0.2.1 ", "192.0.2.1"), ("192.0.2.1:443", "192.0.2.1"),
            ("[2001:db8::1]:443", "2001:db8:0:0:0:0:0:1"), ("2001:DB8::1", "2001:db8:0:0:0:0:0:1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80:0:0:0:0:0:0:1"),
        ]
    )
    func reading(text: String, address: String) { #expect(ClientAddress(text)?.description == address) }

    @Test(
        "Text that is not an address is refused",
        arguments: ["", "unknown", "192.0.2", "192.0.2.1.5", "_hidden", "[", "::g"]
    )
    func nonsense(text: String) { #expect(ClientAddress(text) == nil) }

    @Test("The client is the last address that is not a trusted proxy")
    func proxies() throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8, 127.0.0.1,fd00::/8"))
        func client(_ peer: String, _ forwarded: String...) -> String? {
            proxies.client(peer: ClientAddress(peer), forwardedFor: forwarded)?.description
        }
        #expect(client("192.0.2.1") == "192.0.2.1")
        #expect(client("192.0.2.1", "203.0.113.5") == "192.0.2.1")
        #expect(client("127.0.0.1", "203.0.113.5") == "203.0.113.5")
        #expect(client("127.0.0.2", "203.0.113.5") == "127.0.0.2")
        #expect(client("10.9.9.9", "198.51.100.1, 203.0.113.5, fd00::1, 10.1.1.1") == "203.0.113.5")
        #expect(client("10.9.9.9", "198.51.100.1", "203.0.113.5") == "203.0.113.5")
        #expect(client("10.9.9.9", "198.51.100.1, nonsense") == "10.9.9.9")
        #expect(client("10.9.9.9", "10.1.1.1") == "10.1.1.1")
        #expect(
            TrustedProxies().client(peer: ClientAddress("127.0.0.1"), forwardedFor: ["203.0.113.5"])?.description
                == "127.0.0.1"
        )
    }

    @Test(
        "An invalid list of proxies is refused",
        arguments: ["x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/"]
    )
    func badProxies(text: String) { #expect(TrustedProxies(text) == nil) }
}
