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
    name: "Transfers",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-supervision", path: "../..")
    ],
    targets: [
        .target(
            name: "Transfers",
            dependencies: [.product(name: "Supervision", package: "swift-supervision")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TransfersTests",
            dependencies: [
                "Transfers",
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionTesting", package: "swift-supervision"),
            ],
            swiftSettings: settings
        ),
    ]
)
