// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let libraries: [Target.Dependency] = [
    .product(name: "Supervision", package: "swift-supervision"),
    .product(name: "CircuitBreakers", package: "swift-supervision"),
]

// A package of its own, so that those who use the libraries never resolve or build it.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-supervision", path: "../.."),
        // Without the counts of allocations: they read zero under Swift 6.3 on Linux. `.ci/check-costs` counts them.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "Subjects", dependencies: libraries, swiftSettings: settings),
        .executableTarget(name: "Workloads", dependencies: ["Subjects"] + libraries, swiftSettings: settings),
        .executableTarget(
            name: "Micro",
            dependencies: ["Subjects", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Micro",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        .executableTarget(name: "Steady", dependencies: ["Subjects"] + libraries, swiftSettings: settings),
    ]
)
