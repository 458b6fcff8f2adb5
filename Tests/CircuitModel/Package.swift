// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that those who use the libraries never resolve or build it.
let package = Package(
    name: "CircuitModel",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-supervision", path: "../..")],
    targets: [
        .executableTarget(
            name: "CircuitModel",
            dependencies: [
                .product(name: "CircuitBreakers", package: "swift-supervision"),
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionTesting", package: "swift-supervision"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ]
        )
    ]
)
