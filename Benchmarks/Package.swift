// swift-tools-version: 6.2
import PackageDescription

// Swale is measured as a program that links it gets it: with the settings of its own hot modules.
let release: BuildSettingCondition = .when(configuration: .release)
let swift: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], release),
]
let native: [CSetting] = [.unsafeFlags(["-O2", "-march=native", "-Wall", "-Wextra", "-Werror"])]
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "swale", path: "..")],
    targets: [
        // What Swale is compared with: the kernel by libbpf, and the same programs as native code.
        .target(name: "CKernel", cSettings: native, linkerSettings: [.linkedLibrary("bpf")]),
        .target(name: "CBaselines", cSettings: native),

        .target(name: "Measuring", swiftSettings: swift),
        .target(
            name: "Subjects",
            dependencies: ["Measuring", "CKernel", "CBaselines", .product(name: "EBPF", package: "swale")],
            swiftSettings: swift),
        .executableTarget(
            name: "bench-maps",
            dependencies: ["Measuring", "Subjects", "CKernel", "CBaselines", .product(name: "EBPF", package: "swale")],
            swiftSettings: swift),
        .executableTarget(
            name: "bench-programs",
            dependencies: ["Measuring", "Subjects", "CKernel", "CBaselines", .product(name: "EBPF", package: "swale")],
            swiftSettings: swift),
        .executableTarget(
            name: "bench-forwarding",
            dependencies: [
                "Measuring", "Subjects", "CBaselines", .product(name: "EBPF", package: "swale"),
                .product(name: "VALE", package: "swale"),
            ],
            swiftSettings: swift),
    ],
    swiftLanguageModes: [.v6]
)
