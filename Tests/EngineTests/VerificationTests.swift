import Engine
import ISA
import Maps
import Object
import Testing
import Verifier

/// Nothing that the verifier refuses comes to run, or costs a map.
@Suite struct VerificationTests {
    private static let header = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        #include <net/vale_bpf_uapi.h>

        """
    /// More than a budget of maps allows.
    private static let hugeMap = """
        struct {
            __uint(type, BPF_MAP_TYPE_ARRAY);
            __type(key, __u32);
            __uint(value_size, 1 << 30);
            __uint(max_entries, 1 << 30);
        } huge SEC(".maps");

        """
    private static let unchecked = """
        SEC("xdp") int unchecked(struct xdp_md *md) { return *(__u8 *)(long)md->data; }
        """

    private func load(_ source: String) throws -> LoadedObject {
        try LoadedObject(
            elf: ExampleObject.compile(source: Self.header + source), domain: WorkerDomain(), trace: TraceLog())
    }

    private func rejection(_ source: String) throws -> Rejection? {
        do {
            _ = try load(source)
        } catch LoadError.rejected(let rejection) {
            return rejection
        }
        return nil
    }

    @Test func refusedBeforeThereAreMaps() throws {
        let rejection = try rejection(Self.hugeMap + Self.unchecked)
        #expect(rejection?.category == .outOfBounds)
        #expect(rejection?.source?.text.contains("md->data") == true)
    }

    @Test func flawsComeBeforeWhatIsNotOffered() throws {
        let source = """
            SEC("xdp") int route(struct xdp_md *md) { return bpf_get_current_uid_gid(); }

            """
        #expect(try rejection(source)?.category == .notOffered)
        #expect(try rejection(source + Self.unchecked)?.category == .outOfBounds)
    }

    @Test func allThatIsNotOfferedIsNamed() throws {
        let rejection = try rejection(
            """
            struct {
                __uint(type, BPF_MAP_TYPE_SOCKMAP);
                __uint(key_size, 4);
                __uint(value_size, 4);
                __uint(max_entries, 8);
            } routes SEC(".maps");
            SEC("xdp") int one(struct xdp_md *md) { return bpf_get_current_uid_gid(); }
            SEC("xdp") int two(struct xdp_md *md) { return bpf_get_current_pid_tgid() ? XDP_DROP : XDP_PASS; }
            """)
        #expect(rejection?.category == .notOffered)
        for name in ["bpf_get_current_uid_gid", "bpf_get_current_pid_tgid", "sockmap", "routes"] {
            #expect(rejection?.reason.contains(name) == true, "\(rejection?.reason ?? "")")
        }
    }

    @Test func typeIsWhatTheSectionSaysElseWhatFits() throws {
        let object = try load(
            """
            SEC("prog") int ends(struct xdp_md *md) {
                return (void *)(long)md->data + 14 > (void *)(long)md->data_end ? XDP_DROP : XDP_PASS;
            }
            SEC("prog") int hub(struct vale_bpf_md *md) { return md->data == md->data_end ? 255 : 254; }
            SEC("xdp") int pass(struct xdp_md *md) { return XDP_PASS; }
            """)
        let accepted = object.verifier.verifyAll().verifications.filter(\.isAccepted)
        #expect(accepted.map(\.function) == ["ends", "hub", "pass"])
        #expect(accepted.map(\.type) == [.xdp, .vale, .xdp])
        #expect(try object.program(function: "hub", type: .vale).verification?.type == .vale)
        #expect(throws: LoadError.self) { try object.program(function: "ends", type: .vale) }
        #expect(throws: LoadError.self) { try object.program(function: "pass", type: .vale) }
    }

    /// Nothing is spent on the rest, and no such verdict is kept.
    @Test func anUploadEndsWithTheFirstThatRunsOutOfTime() throws {
        var options = LoadOptions()
        options.verifier.limits.cpuMilliseconds = 0
        let loops = (0..<3).map { index in
            """
            SEC("vale/\(index)") int hub\(index)(struct vale_bpf_md *md) {
                __u32 sum = 0;
                for (int i = 0; i < 20000; i++) sum += bpf_get_prandom_u32() > 7;
                return sum & 1 ? 254 : 255;
            }

            """
        }
        let verifier = try ObjectVerifier(
            elf: ExampleObject.compile(source: Self.header + loops.joined()), options: options)
        let verdict = verifier.verifyUpload()
        #expect(verdict.verifications.map(\.rejection?.category) == [.timeLimit, .timeLimit, .timeLimit])
        #expect(verdict.rejection?.category == .timeLimit)
        #expect(verdict.refused?.function == "hub0")
        #expect(verifier.verifications(of: "hub0").isEmpty)
    }

    @Test func anXDPProgramWithoutASectionOfItsOwnIsToldWhatItLacksAsOne() throws {
        let rejection = try rejection(
            """
            SEC("prog") int queue(struct xdp_md *md) { return bpf_get_current_uid_gid() + md->rx_queue_index; }
            """)
        #expect(rejection?.category == .notOffered)
    }

    @Test func constantsCannotBeChangedOnceTheyAreVerified() throws {
        let object = try load(
            """
            volatile const __u32 egress = 3;
            SEC("vale") int run(struct vale_bpf_md *md) { return egress; }
            """)
        let constants = try #require(object.maps.first { $0.definition.name == ".rodata" })
        #expect(constants.map.isFrozen)
        #expect(throws: MapError.self) {
            try constants.map.update([0, 0, 0, 0], [4, 0, 0, 0])
        }
    }

    @Test func aDataSectionIsNoMapOfOthers() throws {
        let domain = WorkerDomain()
        let attributes = MapAttributes(
            type: .array, keySize: 4, valueSize: 4, maxEntries: 1, flags: [.readOnlyProgram])
        let map = try Map(attributes, domain: domain)
        let elf = try ExampleObject.compile(
            source: Self.header
                + """
                volatile const __u32 egress = 3;
                SEC("vale") int run(struct vale_bpf_md *md) { return egress; }
                """)
        #expect(throws: LoadError.self) {
            try LoadedObject(
                elf: elf, options: LoadOptions(useMaps: [".rodata": map]), domain: domain, trace: TraceLog())
        }
    }

    @Test func bytecodeIsVerifiedForTheMapsThatItGets() throws {
        let code = ObjectProgram(
            name: "raw", instructions: try Assembler.assemble("mov r0, 2\nexit"))
        let program = try Program(verifying: code, type: .xdp, domain: WorkerDomain(), trace: TraceLog())
        #expect(program.verification?.isAccepted == true)
        let endless = ObjectProgram(name: "raw", instructions: try Assembler.assemble("l: ja l"))
        #expect(throws: LoadError.self) {
            try Program(verifying: endless, type: .xdp, domain: WorkerDomain(), trace: TraceLog())
        }
        #expect(try Program(endless, type: .xdp, domain: WorkerDomain(), trace: TraceLog()).verification == nil)
    }
}
