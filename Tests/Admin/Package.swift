// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// A package of its own, so that those who use the libraries never resolve or build it.
let package = Package(
    name: "Admin",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-supervision", path: "../..", traits: ["Admin"])],
    targets: [
        .executableTarget(
            name: "ShownProgram",
            dependencies: [
                .product(name: "CircuitBreakers", package: "swift-supervision"),
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionAdmin", package: "swift-supervision"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "EventReaders",
            dependencies: [
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionAdmin", package: "swift-supervision"),
            ],
            swiftSettings: settings
        ),
    ]
)
