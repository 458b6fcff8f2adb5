// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that those who use the libraries never resolve or build it.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-supervision", path: "../..")],
    targets: [
        .executableTarget(
            name: "Measure",
            dependencies: [
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "CircuitBreakers", package: "swift-supervision"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]
        )
    ]
)
