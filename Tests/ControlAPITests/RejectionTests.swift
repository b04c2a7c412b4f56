import Foundation
import TestSupport
import Testing
import Verifier

@testable import ControlAPI

/// Uploads that the verifier refuses, and what is shown of those that it accepts.
struct RejectionTests {
    private static let header = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        #include <net/vale_bpf_uapi.h>

        """
    /// Reads the packet without a look at its end.
    private static let unchecked = Result {
        try Fixture.object(
            source: header + """
                SEC("vale") int hub(struct vale_bpf_md *md) { return 254; }
                SEC("xdp") int unchecked(struct xdp_md *md) {
                    unsigned char *bytes = (void *)(long)md->data;
                    return bytes[12] == 8 ? XDP_DROP : XDP_PASS;
                }
                """)
    }
    /// Accepted, after many steps.
    private static let long = Result {
        try Fixture.object(
            source: header + """
                SEC("vale") int hub(struct vale_bpf_md *md) {
                    __u32 sum = 0;
                    for (int i = 0; i < 20000; i++)
                        sum += bpf_get_prandom_u32() > 7;
                    return sum & 1 ? 254 : 255;
                }
                """)
    }

    @Test(arguments: ["", "?dryRun=true"])
    func aRefusedUploadSaysWhy(query: String) throws {
        let api = try TestService()
        let reply = try api.putProgram("p", try Self.unchecked.get(), query: query)
        #expect(reply.status == 422)
        #expect(reply.problem == "rejected")
        #expect(reply.string("function") == "unchecked")
        #expect(reply.string("programType") == "xdp")
        #expect(reply.string("rejection.category") == "out-of-bounds")
        #expect(reply.string("rejection.function") == "unchecked")
        #expect(reply.string("rejection.source.text")?.contains("bytes[12]") == true)
        #expect(reply.string("rejection.source.file")?.hasSuffix(".c") == true)
        #expect(reply.int("rejection.instruction.index") != nil)
        #expect(reply.string("rejection.instruction.disassembly")?.contains("+ 0xc)") == true)
        #expect(reply.string("detail")?.contains("out-of-bounds: ") == true)
        #expect(reply.count("functions") == 2)
        #expect(reply["functions.0.accepted"] as? Bool == true)
        #expect(reply["functions.1.accepted"] as? Bool == false)
        #expect(reply.string("functions.1.rejection.category") == "out-of-bounds")
        #expect(reply["log"] == nil)
        #expect(try api.call("GET", "/v1/programs").count("items") == 0)
        #expect(try api.call("GET", "/v1/maps").count("items") == 0)
    }

    @Test func theLogOfARefusalIsToBeHad() throws {
        let api = try TestService()
        let reply = try api.putProgram("p", try Self.unchecked.get(), query: "?log=true&dryRun=true")
        #expect(reply.status == 422)
        let log = try #require(reply.string("log"))
        #expect(!log.isEmpty && log.utf8.count <= 1 << 20)
        #expect(try api.putProgram("p", try Self.unchecked.get(), query: "?log=maybe").problem == "invalid-parameter")
    }

    @Test func whatIsAcceptedShowsItsVerdict() throws {
        let api = try TestService()
        for query in ["?dryRun=true", ""] {
            let reply = try api.putProgram("p", try Fixture.types.get(), query: query)
            #expect(reply.status == 201)
            #expect(reply.string("status.functions.0.verified.0.type") == "vale")
            #expect(reply.string("status.functions.2.verified.0.type") == "xdp")
            let explored = reply.int("status.functions.0.verified.0.statistics.instructionsExplored")
            #expect(explored.map { $0 > 1 } == true)
            #expect(reply.int("status.functions.0.verified.0.statistics.microseconds") != nil)
            #expect(reply["status.functions.0.verified.0.writesPacket"] as? Bool == false)
            #expect(try api.call("GET", "/v1/programs/p").status == (query.isEmpty ? 200 : 404))
        }
    }

    @Test func allThatIsNotOfferedIsNamed() throws {
        let api = try TestService()
        let object = try Fixture.object(
            source: Self.header + """
                struct {
                    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
                    __uint(key_size, 4);
                    __uint(value_size, 4);
                    __uint(max_entries, 8);
                } groups SEC(".maps");
                SEC("xdp") int task(struct xdp_md *md) { return bpf_get_current_pid_tgid() ? XDP_DROP : XDP_PASS; }
                """)
        let reply = try api.putProgram("p", object)
        #expect(reply.problem == "rejected")
        #expect(reply.string("rejection.category") == "not-offered")
        let reason = reply.string("rejection.reason") ?? ""
        #expect(reason.contains("bpf_get_current_pid_tgid") && reason.contains("cgroup_array"), "\(reason)")
    }

    @Test func aRefusedReplacementLeavesTheOldOneAtWork() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a", "b"])
        let hub = try Fixture.object(
            source: Self.header + #"SEC("vale") int hub(struct vale_bpf_md *md) { return 254; }"#)
        let first = try api.putProgram("p", hub)
        _ = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"p"}"#)
        #expect(try api.putProgram("p", try Self.unchecked.get()).problem == "rejected")
        #expect(try api.call("GET", "/v1/programs/p").headers["etag"] == first.headers["etag"])
        ports[0].inject([UInt8](repeating: 2, count: 64))
        #expect(eventually { ports[1].transmittedCount == 1 })
    }

    /// A section that says nothing: the object may be uploaded for what it is, and attached as nothing else.
    @Test func theAttachmentNeedsAVerdictForItsType() throws {
        let api = try TestService()
        let object = try Fixture.object(
            source: Self.header + """
                SEC("prog") int ends(struct xdp_md *md) {
                    return (void *)(long)md->data + 14 > (void *)(long)md->data_end ? XDP_DROP : XDP_PASS;
                }
                """)
        let reply = try api.putProgram("p", object)
        #expect(reply.status == 201, "\(reply.text)")
        #expect(reply["status.functions.0.type"] == nil)
        #expect(reply.string("status.functions.0.verified.0.type") == "xdp")
        _ = try api.call("PUT", "/v1/switches/br0")
        let refused = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"p"}"#)
        #expect(refused.status == 422)
        #expect(refused.problem == "rejected")
        #expect(refused.string("rejection.category") == "context-access")
        #expect(try api.call("GET", "/v1/switches/br0/program").status == 404)
    }

    @Test func outOfTimeIsNoVerdict() throws {
        var limits = Verifier.Limits()
        limits.cpuMilliseconds = 0
        let api = try TestService(verifierLimits: limits)
        let reply = try api.putProgram("p", try Self.long.get())
        #expect(reply.status == 503, "\(reply.text)")
        #expect(reply.problem == "time-limit")
        #expect(reply.headers["retry-after"] != nil)
        #expect(try api.call("GET", "/v1/programs/p").status == 404)
    }

    @Test func theLogOfALoadedProgram() throws {
        let api = try TestService()
        _ = try api.putProgram("p", try Fixture.types.get())
        let reply = try api.call("GET", "/v1/programs/p/verifier-log?function=forward")
        #expect(reply.status == 200)
        #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
        #expect(reply.text.contains("accepted as vale"))
        #expect(reply.text.split(separator: "\n").count > 5)
        let other = try api.call("GET", "/v1/programs/p/verifier-log?function=forward&type=xdp")
        #expect(other.status == 200)
        #expect(try api.call("GET", "/v1/programs/p/verifier-log").problem == "invalid-parameter")
        #expect(try api.call("GET", "/v1/programs/p/verifier-log?function=none").status == 404)
        #expect(try api.call("GET", "/v1/programs/p/verifier-log?function=pass&type=tc").problem == "invalid-parameter")
        #expect(try api.call("GET", "/v1/programs/none/verifier-log").status == 404)
    }

    /// The longest verifications fill the pool; other writes and reads go on, and so do frames.
    @Test func aFullPoolHoldsUpNothingElse() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a", "b"])
        let hub = try Fixture.object(
            source: Self.header + #"SEC("vale") int hub(struct vale_bpf_md *md) { return 254; }"#)
        #expect(try api.putProgram("p", hub).status == 201)
        _ = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"p"}"#)

        let held = HeldPool(api.service.control.verification, fillsLine: false)
        let waiting = try Connection(port: api.port)
        try waiting.send(
            Array(
                """
                PUT /v1/programs/q HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(hub.count)\r
                Content-Type: application/octet-stream\r\n\r\n
                """.utf8) + hub)

        #expect(try api.call("PUT", "/v1/switches/br1").status == 201)
        #expect(try api.call("PUT", "/v1/switches/br1/program", json: #"{"program":"p"}"#).status == 201)
        #expect(try api.call("GET", "/v1/programs/p").status == 200)
        ports[0].inject([UInt8](repeating: 2, count: 64))
        #expect(eventually { ports[1].transmittedCount == 1 })

        held.release()
        #expect(try Reply(waiting.readToEnd()).status == 201)
    }

    @Test func whoWaitsTooLongInLineIsSentAway() throws {
        let api = try TestService()
        let held = HeldPool(api.service.control.verification, fillsLine: true)
        let reply = try api.putProgram("p", try Self.unchecked.get())
        #expect(reply.status == 503)
        #expect(reply.problem == "busy")
        #expect(reply.headers["retry-after"] != nil)
        held.release()
        #expect(try eventually { try api.putProgram("p", try Self.unchecked.get()).status == 422 })
    }

    /// Two at a time, each for as long as a function may take.
    @Test func hostileUploadsTakeTurns() throws {
        let pool = ThreadPool.verification(avoiding: nil)
        let most = DispatchSemaphore(value: pool.threads)
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<16 {
            let isQueued = pool.submit {
                #expect(most.wait(timeout: .now()) == .success)
                usleep(2000)
                most.signal()
                done.signal()
            }
            #expect(isQueued)
        }
        for _ in 0..<16 { #expect(done.wait(timeout: .now() + 60) == .success) }
    }
}
