// swift-tools-version: 6.2

import PackageDescription

/// libFuzzer, in the compiler's runtime: `make fuzz` says where it is, and nothing else is built with it.
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
        // No pkgConfig: hiredis.pc carries a -D flag that SwiftPM refuses with a warning on every build.
        .systemLibrary(
            name: "CRedis",
            path: "CRedis",
            providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]
        ),
        .target(name: "SalesRules"),
        .target(name: "Events", dependencies: ["SalesRules"], exclude: ["Topics/LogEnds.swift"]),
        .target(
            name: "Kafka",
            dependencies: ["CKafka"],
            path: "Sources",
            sources: ["Kafka", "Log/LogFault.swift", "Log/PartitionCheck.swift"]
        ),
        .target(
            name: "Redis",
            dependencies: [
                "CRedis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources",
            sources: ["Redis", "Concurrency/Backoff.swift"]
        ),
        .target(
            name: "Ledger",
            dependencies: ["SalesRules", "Redis"],
            path: "Sources",
            exclude: ["Ledger/Admission/RedisInfo.swift", "Ledger/Posting/OrderBatch.swift"],
            sources: ["Ledger", "Log/Cursor.swift", "Operations/Verify/CatalogFold.swift"]
        ),
        .target(
            name: "Worker",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Ledger",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources",
            sources: [
                "Worker", "Concurrency/StopFlag.swift", "Events/Topics/LogEnds.swift",
                "Ledger/Admission/RedisInfo.swift", "Ledger/Posting/OrderBatch.swift",
                "Operations/DeadLetters/DeadLetters.swift", "Operations/Status/LogCheck.swift",
            ]
        ),
        .target(name: "Samples", dependencies: ["SalesRules"]),
        .target(
            name: "Server",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Ledger",
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
        .executableTarget(
            name: "CLI",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Ledger", "Worker", "Server", "Samples",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "TestSupport",
            dependencies: ["SalesRules", "Events", "Kafka", "Redis", "Ledger", "Worker", "Server"],
            path: "Tests/TestSupport"
        ),
        .testTarget(name: "KafkaTests", dependencies: ["Kafka", "CKafka", "TestSupport"]),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "Redis",
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
                "SalesRules", "Events", "Kafka", "Redis", "Ledger", "Worker", "Model",
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
            dependencies: ["SalesRules", "Redis", "Ledger", "LedgerComparison", "Model", "Simulation"]
        ),
        .testTarget(name: "SalesRulesTests", dependencies: ["SalesRules", "Model"]),
        .testTarget(
            name: "LedgerTests",
            dependencies: ["SalesRules", "Redis", "Ledger", "LedgerComparison", "Model"]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Ledger", "LedgerComparison", "Worker", "Server", "Model",
                "TestSupport", "CLI",
            ]
        ),
        .testTarget(
            name: "EventsTests",
            dependencies: ["SalesRules", "Events"],
            resources: [.copy("Fixtures")]
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Ledger", "Server",
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
            name: "bench",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Samples", "Server", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Bench"
        ),
        .executableTarget(
            name: "faults",
            dependencies: [
                "SalesRules", "Events", "Kafka", "Redis", "Ledger", "LedgerComparison", "Worker", "Model",
                "TestSupport",
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
            dependencies: ["SalesRules", "Events", "Redis", "Ledger", "Model", "CFuzzer"],
            path: "Tests/Fuzz",
            exclude: ["CFuzzer"],
            // Without the main function that libFuzzer brings in its other library: SwiftPM gives programs one.
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

/// What is fuzzed says which branches were taken, and lets the fuzzer see its insides.
for target in package.targets
where fuzzer != nil && ["SalesRules", "Events", "Redis", "Ledger", "Model", "fuzz"].contains(target.name) {
    target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"]))
}
