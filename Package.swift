// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "salestargets",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
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
        .target(name: "SalesTargets"),
        .target(name: "Events", dependencies: ["SalesTargets"]),
        .target(name: "Kafka", dependencies: ["CKafka"]),
        .target(
            name: "Redis",
            dependencies: [
                "CRedis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(name: "Ledger", dependencies: ["SalesTargets", "Redis"]),
        .target(
            name: "Worker",
            dependencies: [
                "SalesTargets", "Events", "Kafka", "Redis", "Ledger",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(name: "Samples", dependencies: ["SalesTargets"]),
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "KafkaTests", dependencies: ["Kafka", "CKafka", "TestSupport"]),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "Redis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
