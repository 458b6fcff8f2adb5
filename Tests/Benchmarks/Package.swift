// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let libraries: [Target.Dependency] = [
    .product(name: "Supervision", package: "swift-supervision"),
    .product(name: "CircuitBreakers", package: "swift-supervision"),
]

// A package of its own, so that those who use the libraries never resolve or build it.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-supervision", path: "../..")],
    targets: [
        .target(name: "Subjects", dependencies: libraries, swiftSettings: settings),
        .executableTarget(name: "Workloads", dependencies: ["Subjects"] + libraries, swiftSettings: settings),
        .executableTarget(name: "Steady", dependencies: ["Subjects"] + libraries, swiftSettings: settings),
    ]
)
