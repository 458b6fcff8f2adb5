// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "ServiceGroup",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-supervision", path: "../..", traits: ["ServiceLifecycle"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "Before",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "After",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Supervision", package: "swift-supervision"),
                .product(name: "SupervisionServiceLifecycle", package: "swift-supervision"),
            ]
        ),
    ]
)
