// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "swift-supervision",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Supervision", targets: ["Supervision"]),
        .library(name: "CircuitBreakers", targets: ["CircuitBreakers"]),
        .library(name: "SupervisionTesting", targets: ["SupervisionTesting"]),
    ],
    targets: [
        .target(name: "Supervision", swiftSettings: settings),
        .target(name: "CircuitBreakers", dependencies: ["Supervision"], swiftSettings: settings),
        .target(name: "SupervisionTesting", dependencies: ["Supervision"], swiftSettings: settings),
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
    ]
)
