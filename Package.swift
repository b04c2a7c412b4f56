// swift-tools-version: 6.2
import PackageDescription

// Exclusivity checks at run time cost 8 ns a call on the dataplane; the compiler's static checks stay.
let release: BuildSettingCondition = .when(configuration: .release)
let common: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let hot: [SwiftSetting] = common + [
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], release)
]
let package = Package(
    name: "swale",
    products: [
        .executable(name: "swale", targets: ["swale"]),
        .library(name: "EBPF", targets: ["ISA", "Object", "Classic", "Maps", "Verifier", "Engine"]),
        .library(name: "VALE", targets: ["Capture", "PacketIO", "Switching"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // C: UAPI shims and system libraries
        .target(name: "CLinux", path: "Sources/C/CLinux"),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CPcap", path: "Sources/C/CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),

        // EBPF: a library of its own
        .target(name: "ISA", path: "Sources/EBPF/ISA", swiftSettings: hot),
        .target(name: "Object", dependencies: ["ISA"], path: "Sources/EBPF/Object", swiftSettings: common),
        .target(
            name: "Classic", dependencies: ["ISA", "Object"], path: "Sources/EBPF/Classic", swiftSettings: common),
        .target(name: "Maps", dependencies: ["Object", "CLinux"], path: "Sources/EBPF/Maps", swiftSettings: hot),
        .target(
            name: "Verifier", dependencies: ["ISA", "Object", "CLinux"], path: "Sources/EBPF/Verifier",
            swiftSettings: hot),
        .target(
            name: "Engine", dependencies: ["ISA", "Object", "Maps", "Verifier", "CLinux"], path: "Sources/EBPF/Engine",
            swiftSettings: hot),

        // VALE: the switch
        .target(name: "PacketIO", dependencies: ["CLinux"], path: "Sources/VALE/PacketIO", swiftSettings: hot),
        .target(
            name: "Switching", dependencies: ["Engine", "Maps", "PacketIO", "CLinux"], path: "Sources/VALE/Switching",
            swiftSettings: hot),
        .target(
            name: "Capture", dependencies: ["Switching", "PacketIO", "Engine", "Maps", "Classic", "CPcap", "CLinux"],
            path: "Sources/VALE/Capture", swiftSettings: common),

        // Service: HTTP, the REST API, the executable
        .target(
            name: "HTTP",
            dependencies: [
                "CLinux", "COpenSSL",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Sources/Service/HTTP", swiftSettings: common),
        .target(
            name: "ControlAPI",
            dependencies: [
                "HTTP", "Capture", "Switching", "PacketIO", "Engine", "Verifier", "Maps", "Classic", "Object", "ISA",
                "CLinux", "COpenSSL",
            ],
            path: "Sources/Service/ControlAPI", swiftSettings: common),
        .executableTarget(
            name: "swale",
            dependencies: [
                "ControlAPI", "HTTP", "Switching", "Capture", "Engine", "Verifier",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Sources/Service/swale", swiftSettings: common),

        // Tests: one folder per module
        .testTarget(name: "ISATests", dependencies: ["ISA"], swiftSettings: common),
        .testTarget(name: "ObjectTests", dependencies: ["Object", "ISA", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "ClassicTests",
            dependencies: ["Classic", "Capture", "Engine", "Maps", "Object", "Verifier", "CPcap", "TestSupport"],
            swiftSettings: common),
        .testTarget(name: "MapsTests", dependencies: ["Maps", "Object", "TestSupport"], swiftSettings: common),
        .target(
            name: "KernelRun", dependencies: ["CLinux", "ISA", "Object", "Verifier"], path: "Tests/KernelRun",
            swiftSettings: common),
        .testTarget(
            name: "VerifierTests",
            dependencies: ["Verifier", "Engine", "ISA", "Maps", "Object", "CLinux", "Fuzz", "KernelRun", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "XDPTests",
            dependencies: ["Verifier", "Engine", "Maps", "Object", "CLinux", "KernelRun", "TestSupport"],
            swiftSettings: common),
        .target(
            name: "Fuzz", dependencies: ["Verifier", "Engine", "ISA", "Maps", "Object", "TestSupport"], path: "Tests/Fuzz",
            swiftSettings: common),
        .executableTarget(
            name: "swale-fuzz", dependencies: ["Fuzz"], path: "Tests/FuzzTool", swiftSettings: common),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Engine", "ISA", "Maps", "Object", "Verifier", "CLinux", "Fuzz", "KernelRun", "TestSupport"],
            swiftSettings: common),
        .target(
            name: "TestSupport", dependencies: ["CLinux", "MutexAnnotations"], path: "Tests/TestSupport",
            swiftSettings: common),
        .target(name: "MutexAnnotations", path: "Tests/MutexAnnotations"),
        .testTarget(name: "PacketIOTests", dependencies: ["PacketIO", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "SwitchingTests",
            dependencies: ["Switching", "Engine", "Maps", "Object", "ISA", "PacketIO", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "CaptureTests",
            dependencies: [
                "Capture", "Switching", "Engine", "Maps", "Object", "ISA", "PacketIO", "TestSupport", "CPcap",
            ],
            swiftSettings: common),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "ControlAPITests",
            dependencies: ["ControlAPI", "HTTP", "Switching", "PacketIO", "Verifier", "TestSupport"],
            swiftSettings: common),
        .testTarget(name: "swaleTests", dependencies: ["swale", "Verifier"], swiftSettings: common),
    ],
    swiftLanguageModes: [.v6]
)

// What scripts/sanitize.sh builds: SWALE_TARGETS=ISA,Object,... and of the engine's tests those that are not about native
// code, into which sanitizers do not see.
if let names = Context.environment["SWALE_TARGETS"]?.split(separator: ",").map(String.init) {
    package.targets.removeAll { !names.contains($0.name) }
    for target in package.targets {
        target.dependencies.removeAll { if case .byNameItem(let name, _) = $0 { !names.contains(name) } else { true } }
        if target.name == "EngineTests" { target.exclude = ["ARM64", "JIT"] }
    }
    package.products = []
    package.dependencies = []
}
