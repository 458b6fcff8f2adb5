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
    name: "QuickStart",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-supervision", path: "../..", traits: ["Admin"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .executableTarget(
            name: "QuickStart",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CircuitBreakers", package: "swift-supervision"),
                .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionAdmin", package: "swift-supervision"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "QuickStartTests",
            dependencies: [
                "QuickStart",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Supervision", package: "swift-supervision"),
            ],
            swiftSettings: settings
        ),
    ]
)
