// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// What the integrations stand on. Nothing of it is fetched or built unless their traits are on.
let serviceLifecycle = TargetDependencyCondition.when(traits: ["ServiceLifecycle"])
let observability = TargetDependencyCondition.when(traits: ["Observability"])
let configuration = TargetDependencyCondition.when(traits: ["Configuration"])
let admin = TargetDependencyCondition.when(traits: ["Admin"])

let package = Package(
    name: "swift-supervision",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Supervision", targets: ["Supervision"]),
        .library(name: "CircuitBreakers", targets: ["CircuitBreakers"]),
        .library(name: "SupervisionTesting", targets: ["SupervisionTesting"]),
        .library(name: "SupervisionServiceLifecycle", targets: ["SupervisionServiceLifecycle"]),
        .library(name: "SupervisionObservability", targets: ["SupervisionObservability"]),
        .library(name: "SupervisionConfiguration", targets: ["SupervisionConfiguration"]),
        .library(name: "SupervisionAdmin", targets: ["SupervisionAdmin"]),
        .executable(name: "supervisionctl", targets: ["supervisionctl"]),
    ],
    traits: [
        .trait(
            name: "ServiceLifecycle",
            description: "Supervisors as services of swift-service-lifecycle, and its services as children."
        ),
        .trait(
            name: "Observability",
            description:
                "Events to swift-log, swift-metrics and swift-distributed-tracing, and metrics as Prometheus text."
        ),
        .trait(
            name: "Configuration",
            description:
                "Settings from YAML, JSON and environment variables by swift-configuration, also while running."
        ),
        .trait(
            name: "Admin",
            description: "An endpoint for operators: an HTTP interface, a live page, and the command supervisionctl."
        ),
        .default(enabledTraits: []),
    ],
    dependencies: [
        .package(
            url: "https://github.com/apple/swift-configuration",
            from: "1.4.0",
            traits: [.defaults, "Reloading", "YAML"]
        ),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
        .package(url: "https://github.com/jpsim/Yams", "5.4.0"..<"7.0.0"),
    ],
    targets: [
        .target(name: "Supervision", swiftSettings: settings),
        .target(name: "CircuitBreakers", dependencies: ["Supervision"], swiftSettings: settings),
        .target(name: "SupervisionTesting", dependencies: ["Supervision"], swiftSettings: settings),
        .target(
            name: "SupervisionServiceLifecycle",
            dependencies: [
                "Supervision",
                .product(name: "Logging", package: "swift-log", condition: serviceLifecycle),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: serviceLifecycle),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "SupervisionObservability",
            dependencies: [
                "CircuitBreakers", "Supervision",
                .product(name: "Logging", package: "swift-log", condition: observability),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: observability),
                .product(name: "Tracing", package: "swift-distributed-tracing", condition: observability),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "SupervisionConfiguration",
            dependencies: [
                "CircuitBreakers", "Supervision",
                .product(name: "Configuration", package: "swift-configuration", condition: configuration),
                .product(name: "Logging", package: "swift-log", condition: configuration),
                .product(name: "SystemPackage", package: "swift-system", condition: configuration),
                .product(name: "Yams", package: "Yams", condition: configuration),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "SupervisionAdmin",
            dependencies: [
                "CircuitBreakers", "Supervision",
                .product(name: "FlyingSocks", package: "FlyingFox", condition: admin),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "supervisionctl",
            dependencies: [
                "CircuitBreakers", "Supervision", "SupervisionAdmin",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: admin),
                .product(name: "FlyingSocks", package: "FlyingFox", condition: admin),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionTests",
            dependencies: ["Supervision", "SupervisionTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CircuitBreakersTests",
            dependencies: ["CircuitBreakers", "Supervision", "SupervisionTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionTestingTests",
            dependencies: ["SupervisionTesting", "Supervision", "CircuitBreakers"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["CircuitBreakers", "Supervision", "SupervisionTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionServiceLifecycleTests",
            dependencies: [
                "SupervisionServiceLifecycle", "SupervisionObservability", "Supervision", "SupervisionTesting",
                .product(name: "InMemoryLogging", package: "swift-log", condition: observability),
                .product(name: "Logging", package: "swift-log", condition: serviceLifecycle),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: serviceLifecycle),
                .product(
                    name: "ServiceLifecycleTestKit",
                    package: "swift-service-lifecycle",
                    condition: serviceLifecycle
                ),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionObservabilityTests",
            dependencies: [
                "SupervisionObservability", "CircuitBreakers", "Supervision", "SupervisionTesting",
                .product(name: "Logging", package: "swift-log", condition: observability),
                .product(name: "InMemoryLogging", package: "swift-log", condition: observability),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: observability),
                .product(name: "MetricsTestKit", package: "swift-metrics", condition: observability),
                .product(name: "Tracing", package: "swift-distributed-tracing", condition: observability),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing", condition: observability),
            ],
            exclude: ["Exposition/Golden"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionAdminTests",
            dependencies: [
                "SupervisionAdmin", "supervisionctl", "CircuitBreakers", "Supervision", "SupervisionTesting",
                .product(name: "FlyingSocks", package: "FlyingFox", condition: admin),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionConfigurationTests",
            dependencies: [
                "SupervisionConfiguration", "CircuitBreakers", "Supervision", "SupervisionTesting",
                .product(name: "Configuration", package: "swift-configuration", condition: configuration),
                .product(name: "InMemoryLogging", package: "swift-log", condition: configuration),
                .product(name: "Logging", package: "swift-log", condition: configuration),
            ],
            swiftSettings: settings
        ),
    ]
)
