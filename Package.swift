// swift-tools-version: 6.2

import PackageDescription

/// The path of libFuzzer in the compiler's runtime. Only `tools/fuzz` sets it, and only then are the fuzz targets built.
let fuzzer = Context.environment["SALESTARGETS_FUZZER"]

let package = Package(
    name: "salestargets",
    products: [
        .executable(name: "salestargets", targets: ["CLI"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CKafka",
            path: "CKafka",
            pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]
        ),
        // No pkgConfig: hiredis.pc has a -D flag, for which SwiftPM prints a warning on every build.
        .systemLibrary(
            name: "CRedis",
            path: "CRedis",
            providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]
        ),
        .target(name: "SalesRules"),
        .target(name: "Log"),
        .target(name: "Concurrency"),
        .target(name: "Kafka", dependencies: ["CKafka", "Log", "Concurrency"]),
        .target(
            name: "Redis",
            dependencies: [
                "CRedis", "Concurrency",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(name: "LocalServers", dependencies: ["CKafka", "Redis", "Concurrency"]),
        .target(name: "Events", dependencies: ["SalesRules", "Log", "Concurrency"]),
        .target(name: "Ledger", dependencies: ["SalesRules", "Log", "Redis"]),
        .target(
            name: "Worker",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Redis", "Ledger",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "Operations",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Redis", "Ledger",
            ]
        ),
        .target(name: "Samples", dependencies: ["SalesRules"]),
        .target(
            name: "Server",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Redis", "Ledger",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Page"), .copy("openapi.json")]
        ),
        // The product has the program's name. The target has another one, because a Mac cannot check out two folders whose
        // names differ only in case.
        .executableTarget(
            name: "CLI",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Kafka", "Redis", "LocalServers", "Ledger", "Worker",
                "Operations", "Server", "Samples",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "LocalServers", "Events", "Kafka", "Redis", "Ledger", "Worker",
                "Server",
            ],
            path: "Tests/TestSupport"
        ),
        .target(name: "RedisTesting", dependencies: ["Redis", "LocalServers"], path: "Tests/RedisTesting"),
        .testTarget(name: "LogTests", dependencies: ["Log"]),
        .testTarget(name: "ConcurrencyTests", dependencies: ["Concurrency"]),
        .testTarget(name: "LocalServersTests", dependencies: ["LocalServers", "Redis", "Concurrency", "RedisTesting"]),
        .testTarget(
            name: "KafkaTests",
            dependencies: ["Log", "Concurrency", "LocalServers", "Kafka", "CKafka", "TestSupport"]
        ),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "Redis", "Concurrency", "LocalServers", "RedisTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]
        ),
        .target(name: "Model", dependencies: ["SalesRules"], path: "Tests/Model"),
        .target(
            name: "LedgerComparison",
            dependencies: ["SalesRules", "Ledger", "Model"],
            path: "Tests/LedgerComparison"
        ),
        .target(
            name: "Simulation",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Kafka", "Redis", "Ledger", "Worker", "Model",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Simulation"
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Simulate"
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "SalesRules", "Log", "Redis", "LocalServers", "Ledger", "LedgerComparison", "Model", "Simulation",
                "RedisTesting",
            ]
        ),
        .testTarget(name: "SalesRulesTests", dependencies: ["SalesRules", "Model"]),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "SalesRules", "Log", "Redis", "LocalServers", "Ledger", "LedgerComparison", "Model", "RedisTesting",
            ]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Kafka", "Redis", "LocalServers", "Ledger",
                "LedgerComparison",
                "Worker", "Operations", "Server", "Model", "TestSupport", "CLI",
            ]
        ),
        .testTarget(
            name: "EventsTests",
            dependencies: ["SalesRules", "Log", "Events"],
            resources: [.copy("Fixtures")]
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Kafka", "Redis", "LocalServers", "Ledger", "Server",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "parts",
            dependencies: [
                "SalesRules", "Log", "Events", "Redis", "Ledger", "Samples", "Simulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Parts"
        ),
        .executableTarget(
            name: "bench",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Kafka", "Redis", "LocalServers", "Samples", "Server",
                "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Bench"
        ),
        .executableTarget(
            name: "faults",
            dependencies: [
                "SalesRules", "Log", "Concurrency", "Events", "Kafka", "Redis", "LocalServers", "Ledger",
                "LedgerComparison",
                "Worker", "Operations", "Model", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Faults"
        ),
    ],
    swiftLanguageModes: [.v6]
)

if let fuzzer {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["SalesRules", "Log", "Events", "Redis", "Ledger", "Model", "CFuzzer"],
            path: "Tests/Fuzz",
            exclude: ["CFuzzer"],
            // This library of libFuzzer has no main function, because the target has its own.
            linkerSettings: [.unsafeFlags([fuzzer, "-sanitize=address"]), .linkedLibrary("stdc++")]
        ),
    ]
}

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}

/// The fuzzed modules report the branches that were taken, and are testable.
for target in package.targets
where fuzzer != nil
    && ["SalesRules", "Log", "Events", "Redis", "Ledger", "Model", "fuzz"].contains(target.name)
{
    target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"]))
}
