import Foundation
import Testing
import Verifier

@testable import swale

/// `swale verify` and what else verifies without the service.
@Suite struct VerifyTests {
    private static let hub = "b700000001000000 9500000000000000"
    /// Jumps to itself.
    private static let endless = "0500ffff00000000"
    /// r0 = *(u8 *)(r1 + 0)
    private static let firstByte = "7110000000000000 9500000000000000"

    @Test(
        arguments: [
            (hub, ["--type", "xdp"], 0),
            (hub, ["--type", "vale", "--format", "json"], 0),
            (hub, ["--type", "memory", "--log"], 0),
            (hub.replacingOccurrences(of: " ", with: "\n"), ["--type", "xdp", "--map", "hash:4:8:1024"], 0),
            (hub, ["--type", "xdp", "--map", "array:4:8:1:0x80", "--map", "1:4:8:16:0"], 0),
            (hub, ["--type", "xdp", "--assume-offered"], 0),
            (endless, ["--type", "xdp"], 1),
            (endless, ["--type", "vale", "--format", "json"], 1),
            ("ff00000000000000", ["--type", "xdp"], 1),
            (hub, [], 2),
            (hub, ["--type", "tc"], 2),
            ("", ["--type", "xdp"], 2),
            ("b7", ["--type", "xdp"], 2),
            ("hello", ["--type", "xdp"], 2),
            (hub, ["--type", "xdp", "--map", "hash:4:8"], 2),
            (hub, ["--type", "xdp", "--map", "hash:4:8:x"], 2),
            (hub, ["--type", "xdp", "--map", "hash:-4:8:1"], 2),
            (hub, ["--type", "xdp", "--map", "tree:4:8:1"], 2),
            (hub, ["--type", "xdp", "--map", "hash:4:8:1:0:0"], 2),
            (hub, ["--type", "xdp", "--function", "f"], 2),
            (hub, ["--type", "xdp", "object.o"], 2),
        ] as [(String, [String], Int32)])
    func bytecode(code: String, arguments: [String], status: Int32) throws {
        let outcome = try CommandTests.swale(["verify", "--bytecode"] + arguments, input: code)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.output.isEmpty == (status == 2))
        #expect(outcome.errors.isEmpty == (status != 2))
    }

    @Test func oneDocumentForBytecode() throws {
        let arguments = ["verify", "--bytecode", "--type", "xdp", "--format", "json"]
        let accepted = try Document(parsing: Array(CommandTests.swale(arguments, input: Self.hub).output.utf8))
        #expect(accepted["accepted"].json == "true")
        #expect(accepted["type"].string == "xdp")
        #expect(accepted["statistics"]["instructionsExplored"].count == 2)
        #expect(accepted["rejection"].isNull)
        #expect(accepted["log"].isNull)
        let rejected = try Document(parsing: Array(CommandTests.swale(arguments, input: Self.endless).output.utf8))
        #expect(rejected["accepted"].json == "false")
        #expect(rejected["rejection"]["category"].string == "infinite-loop")
        #expect(!rejected["rejection"]["reason"].isNull)
    }

    @Test(
        arguments: [
            (["verify", "/nothing/there"], 2), (["verify", "/proc/self/status"], 2), (["verify"], 2),
            (["verify", "x.o", "--map", "hash:4:8:1"], 2), (["verify", "--help"], 0),
        ] as [([String], Int32)])
    func statuses(arguments: [String], status: Int32) throws {
        #expect(try CommandTests.swale(arguments).status == status)
    }

    // MARK: Objects

    /// Compiles a source into a file that is there while `body` runs.
    private func withObject(_ source: String, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "swale-verify-\(UUID().uuidString)"
        defer { for suffix in [".c", ".o"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let head = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
        try (head + source).write(toFile: path + ".c", atomically: true, encoding: .utf8)
        let clang = Process()
        clang.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        clang.arguments = [
            "clang", "-target", "bpf", "-O2", "-g", "-I/usr/include/x86_64-linux-gnu",
            "-I/usr/include/aarch64-linux-gnu", "-c", path + ".c", "-o", path + ".o",
        ]
        try clang.run()
        clang.waitUntilExit()
        #expect(clang.terminationStatus == 0)
        try body(path + ".o")
    }

    private static let mixed = """
        SEC("xdp") int fine(struct xdp_md *md) { return XDP_PASS; }
        SEC("xdp") int unchecked(struct xdp_md *md) {
            unsigned char *bytes = (void *)(long)md->data;
            return bytes[12] == 8 ? XDP_DROP : XDP_PASS;
        }
        SEC("prog") int other(void *md) { return 2; }
        """

    @Test func aLineForEachProgramThenWhatIsWrong() throws {
        try withObject(Self.mixed) { object in
            let outcome = try CommandTests.swale(["verify", object])
            #expect(outcome.status == 1)
            let lines = outcome.output.split(separator: "\n")
            #expect(lines[0].hasPrefix("program"))
            #expect(lines[1].hasPrefix("fine") && lines[1].contains("xdp   accepted"))
            #expect(lines[2].hasPrefix("unchecked") && lines[2].contains("xdp   rejected: out-of-bounds"))
            #expect(lines[3].hasPrefix("other") && lines[3].contains("vale  accepted"))
            #expect(outcome.output.contains(".c:6:12: error: out-of-bounds: "))
            #expect(outcome.output.contains("    6 |     return bytes[12] == 8 ? XDP_DROP : XDP_PASS;"))
            #expect(try CommandTests.swale(["verify", object, "--function", "fine"]).status == 0)
            #expect(try CommandTests.swale(["verify", object, "--function", "unchecked"]).status == 1)
            #expect(try CommandTests.swale(["verify", object, "--function", "absent"]).status == 2)
            #expect(try CommandTests.swale(["verify", object, "--function", "fine", "--type", "vale"]).status == 2)
            let typed = try CommandTests.swale(["verify", object, "--type", "xdp"])
            #expect(typed.output.contains("other      xdp   accepted"))
        }
    }

    @Test func anArrayOfDocumentsForAnObject() throws {
        try withObject(Self.mixed) { object in
            let all = try Document(
                parsing: Array(CommandTests.swale(["verify", object, "--format", "json"]).output.utf8))
            #expect(all["accepted"].json == "false")
            #expect(all["object"].string == object)
            #expect(all["programs"].items.map(\.["function"].string) == ["fine", "unchecked", "other"])
            #expect(all["programs"].items[1]["rejection"]["source"]["line"].count == 6)
            let one = try Document(
                parsing: Array(
                    CommandTests.swale(["verify", object, "--format", "json", "--function", "fine", "--log"]).output
                        .utf8))
            #expect(one["accepted"].json == "true")
            #expect(one["function"].string == "fine")
            #expect(one["log"].string?.isEmpty == false)
        }
    }

    @Test func whatIsNotOfferedMayBeAssumed() throws {
        let source = """
            struct {
                __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
                __uint(key_size, 4);
                __uint(value_size, 4);
                __uint(max_entries, 8);
            } groups SEC(".maps");
            SEC("xdp") int task(struct xdp_md *md) {
                return bpf_current_task_under_cgroup(&groups, 1) ? XDP_DROP : XDP_PASS;
            }
            """
        try withObject(source) { object in
            let outcome = try CommandTests.swale(["verify", object])
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("not-offered"))
            #expect(outcome.output.contains("bpf_current_task_under_cgroup"))
            #expect(outcome.output.contains("cgroup_array"))
            #expect(try CommandTests.swale(["verify", object, "--assume-offered"]).status == 0)
            let run = try CommandTests.swale(["run", object, "--packet", "00"])
            #expect(run.status == 1)
            #expect(run.errors.contains("not-offered"))
        }
    }

    @Test func runRefusesWhatItVerifiesAndNothingElse() throws {
        try withObject(Self.mixed) { object in
            let refused = try CommandTests.swale(["run", object, "--function", "unchecked", "--packet", "00"])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("bytes[12] == 8"))
            for arguments in [[], ["--check-accesses"]] {
                let run = ["run", object, "--function", "fine", "--packet", "00"] + arguments
                #expect(try CommandTests.swale(run).status == 0)
            }
        }
    }

    @Test func execVerifiesOnRequest() throws {
        #expect(try CommandTests.swale(["exec", "--verify"], input: Self.hub).output == "1\n")
        let read = ["exec", "--memory", "", "--verify"]
        let refused = try CommandTests.swale(read, input: Self.firstByte)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("error: "))
        #expect(refused.output.isEmpty)
        let checked = try CommandTests.swale(
            ["exec", "--memory", "07", "--verify", "--check-accesses"], input: Self.firstByte)
        #expect(checked.output == "7\n", "\(checked.errors)")
        #expect(try CommandTests.swale(["exec", "--verify", "--no-verify"], input: Self.hub).status == 2)
    }

    // MARK: Client

    @Test func aProblemWithARejectionIsExplained() {
        let body = """
            {"type":"urn:swale:problem:rejected","title":"The verifier refuses the program","status":422,
             "detail":"f.c:4: out-of-bounds: no","function":"f","rejection":{"category":"out-of-bounds","reason":"no",
             "function":"f","instruction":{"index":3,"disassembly":"r0 = 1"},"path":[],"registers":[],
             "source":{"file":"f.c","line":4,"column":0,"text":"return x[1];"},"suggestion":"look"}}
            """
        let text = Problem.text(Client.Reply(status: 422, body: Array(body.utf8)))
        #expect(
            text == """
                The verifier refuses the program
                f.c:4: error: out-of-bounds: no
                    4 | return x[1];
                in f, insn 3: r0 = 1
                hint: look
                """)
    }
}
