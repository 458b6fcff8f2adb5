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
    name: "JobPipeline",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-supervision", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "JobPipeline",
            dependencies: [.product(name: "Supervision", package: "swift-supervision")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "JobPipelineTests",
            dependencies: [
                "JobPipeline",
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionTesting", package: "swift-supervision"),
            ],
            swiftSettings: settings
        ),
    ]
)
