import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// Objects that use what Linux's loader resolves: kernel functions, configuration, attach points.
struct KernelFunctionTests {
    private static let header = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        #ifndef __ksym
        #define __ksym __attribute__((section(".ksyms")))
        #endif
        #ifndef __weak
        #define __weak __attribute__((weak))
        #endif
        extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __ksym;
        extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash, __u32 *type) __ksym __weak;
        extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __u16 *proto, __u16 *tci) __ksym;
        extern int bpf_elsewhere(struct xdp_md *ctx) __ksym __weak;

        """

    private func program(_ source: String, engine: Program.Engine = .jit) throws -> Program {
        let options = LoadOptions(program: .init(engine: engine))
        let object = try LoadedObject(
            elf: ExampleObject.compile(source: Self.header + source), options: options, domain: WorkerDomain(),
            trace: TraceLog())
        return try object.program(type: .xdp)
    }

    private func run(_ program: Program, _ metadata: ReceiveMetadata?) -> Int32 {
        var result = RunResult()
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes.withUnsafeMutableBytes { buffer in
            func run(_ received: UnsafePointer<ReceiveMetadata>?) {
                var frame = FrameContext(data: buffer.baseAddress!, length: 64)
                frame.received = received
                program.executable.run(&frame, count: 1, results: &result, slot: 0)
            }
            if let metadata {
                withUnsafePointer(to: metadata) { run($0) }
            } else {
                run(nil)
            }
        }
        #expect(result.fault == .none)
        return Int32(truncatingIfNeeded: result.value)
    }

    @Test(arguments: Program.Engine.allCases)
    func metadata(engine: Program.Engine) throws {
        let sources = [
            "__u64 time = 0; int e = bpf_xdp_metadata_rx_timestamp(ctx, &time); return e ?: time / 1000;",
            "__u32 hash = 0, type = 0; int e = bpf_xdp_metadata_rx_hash(ctx, &hash, &type); return e ?: hash + type;",
            """
            __u16 proto = 0, tci = 0; int e = bpf_xdp_metadata_rx_vlan_tag(ctx, &proto, &tci);
            return e ?: (__builtin_bswap16(proto) << 12) + tci;
            """,
        ]
        var full = ReceiveMetadata(offered: [.timestamp, .hash, .vlanTag], present: [.timestamp, .hash, .vlanTag])
        full.timestampNs = 5_000_000
        (full.hash, full.hashType) = (70, 7)
        (full.vlanProtocol, full.vlanTCI) = (0x8100, 42)
        let empty = ReceiveMetadata(offered: full.offered)
        for (source, value) in zip(sources, [5000, 77, 0x8100 << 12 + 42] as [Int32]) {
            let program = try program("SEC(\"xdp\") int f(struct xdp_md *ctx) { \(source) }", engine: engine)
            #expect(program.engine == engine)
            #expect(run(program, full) == value)
            #expect(run(program, empty) == -61)
            #expect(run(program, nil) == -95)
        }
    }

    @Test func whatIsMissingIsNeverReached() throws {
        let guarded = try program(
            "SEC(\"xdp\") int f(struct xdp_md *ctx) { return bpf_elsewhere ? bpf_elsewhere(ctx) : 7; }")
        #expect(run(guarded, nil) == 7)
        let offered = try program(
            "SEC(\"xdp\") int f(struct xdp_md *ctx) { return bpf_xdp_metadata_rx_hash ? 8 : 9; }")
        #expect(run(offered, nil) == 8)
        do {
            _ = try program("SEC(\"xdp\") int f(struct xdp_md *ctx) { return bpf_elsewhere(ctx); }")
            Issue.record("a call of nothing was accepted")
        } catch LoadError.rejected(let rejection) {
            #expect(rejection.reason.contains("bpf_elsewhere"))
        }
    }

    @Test func configuration() throws {
        let program = try program(
            """
            extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
            extern int CONFIG_NOTHING __attribute__((section(".kconfig"))) __weak;
            SEC("xdp") int f(struct xdp_md *ctx) {
                if (CONFIG_NOTHING) return bpf_elsewhere(ctx);
                return LINUX_KERNEL_VERSION >= (6 << 16) ? 3 : 4;
            }
            """)
        #expect(run(program, nil) == 3)
        #expect(program.maps.allSatisfy { $0.isFrozen })
    }

    @Test func theEgressIsForDevmapsOnly() throws {
        func load(_ section: String) throws -> Program {
            try program("SEC(\"\(section)\") int f(struct xdp_md *ctx) { return ctx->egress_ifindex; }")
        }
        #expect(try load("xdp/devmap").code.attachPoint.point == .devmap)
        for section in ["xdp", "xdp/cpumap", "xdp.frags"] {
            #expect(throws: LoadError.self) { try load(section) }
        }
    }
}
