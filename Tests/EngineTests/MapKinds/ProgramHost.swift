import CLinux
import Engine
import Maps
import Object
import Testing
import Verifier

@testable import KernelRun

/// Where an object runs: an engine of ours, or the running kernel.
protocol ProgramHost: AnyObject {
    func setProgram(_ map: String, _ index: UInt32, _ function: String) throws
    /// Puts another map of the object into a map of maps.
    func setMap(_ map: String, _ key: [UInt8], _ inner: String) throws
    func update(_ map: String, _ key: [UInt8], _ value: [UInt8]) throws
    func delete(_ map: String, _ key: [UInt8]) throws
    /// Nil where there is no such element.
    func lookup(_ map: String, _ key: [UInt8]) throws -> [UInt8]?
    func run(_ function: String, _ packet: [UInt8]) throws -> HostOutcome
}

struct HostOutcome: Hashable {
    var verdict: UInt32
    var packet: [UInt8]
}

/// An object in C, loaded anew wherever it runs.
struct HostedObject {
    let bytes: [UInt8]
    let file: ObjectFile

    static let prelude = """
        #include <linux/bpf.h>
        #include <linux/types.h>
        #include <bpf/bpf_helpers.h>
        char _license[] SEC("license") = "GPL";
        struct out { __u32 words[16]; };
        #define OUT(ctx) struct out *o = (void *)(long)ctx->data; \\
            if ((void *)(o + 1) > (void *)(long)ctx->data_end) return XDP_ABORTED;

        """

    /// A packet for `OUT`.
    static let packet = [UInt8](repeating: 0, count: 64)

    init(_ source: String) throws {
        bytes = try ExampleObject.compile(source: Self.prelude + source)
        file = try ObjectFile(elf: bytes)
    }

    /// Every way to run programs here; Linux needs root.
    func hosts(linux: Bool = true) throws -> [any ProgramHost] {
        let engines: [EngineHost.Kind] = [.checked, .interpreter, .jit]
        let ours = try engines.map { try EngineHost(bytes, $0) }
        return ours + (linux ? [try KernelHost(file)] : [])
    }

    /// What `body` comes to, which is the same everywhere.
    @discardableResult
    func everywhere<Result: Equatable>(
        linux: Bool = true, at location: SourceLocation = #_sourceLocation, _ body: (any ProgramHost) throws -> Result
    ) throws -> Result {
        let hosts = try hosts(linux: linux)
        let results = try hosts.map { try body($0) }
        for (host, result) in zip(hosts, results) {
            #expect(result == results[0], "\(host)", sourceLocation: location)
        }
        return results[0]
    }
}

final class EngineHost: ProgramHost, CustomStringConvertible {
    enum Kind: String { case checked, interpreter, jit }

    let kind: Kind
    let domain = WorkerDomain(workers: 2)
    let object: LoadedObject
    var description: String { kind.rawValue }

    init(_ elf: [UInt8], _ kind: Kind, fuel: Int = 1 << 20) throws {
        self.kind = kind
        let options = Program.Options(
            fuel: fuel, checksAccesses: kind == .checked, engine: kind == .jit ? .jit : .interpreter)
        object = try LoadedObject(
            elf: elf, options: LoadOptions(program: options), domain: domain, trace: TraceLog())
    }

    func map(_ name: String) throws -> Map { try #require(object.maps.first { $0.definition.name == name }).map }

    func program(_ function: String) throws -> Program { try object.program(function: function, type: .xdp) }

    func setProgram(_ map: String, _ index: UInt32, _ function: String) throws {
        try self.map(map).setProgram(word(index), try program(function))
    }

    func setMap(_ map: String, _ key: [UInt8], _ inner: String) throws {
        try self.map(map).setMap(key, try self.map(inner))
    }

    func update(_ map: String, _ key: [UInt8], _ value: [UInt8]) throws { try self.map(map).update(key, value) }

    func delete(_ map: String, _ key: [UInt8]) throws { try self.map(map).delete(key) }

    func lookup(_ map: String, _ key: [UInt8]) throws -> [UInt8]? {
        let map = try self.map(map)
        do throws(MapError) { return try map.lookup(key) } catch { return error == .noEntry ? nil : [] }
    }

    func run(_ function: String, _ packet: [UInt8]) throws -> HostOutcome {
        let (result, outcome, _) = try runFrame(function, packet)
        try #require(result.fault == .none)
        return outcome
    }

    func runFrame(_ function: String, _ packet: [UInt8]) throws -> (RunResult, HostOutcome, FrameContext) {
        let program = try program(function)
        #expect(program.engine == (kind == .jit ? .jit : .interpreter))
        var memory = [UInt8](repeating: 0, count: 256) + packet + [UInt8](repeating: 0, count: 256)
        var result = RunResult()
        return memory.withUnsafeMutableBytes { buffer in
            var frame = FrameContext(
                data: buffer.baseAddress! + 256, length: packet.count, headroom: 256, tailroom: 256,
                ingressIfindex: 1)
            program.executable.run(&frame, count: 1, results: &result, slot: 0)
            let after = UnsafeRawBufferPointer(start: frame.data, count: frame.dataEnd - frame.data)
            return (
                result, HostOutcome(verdict: UInt32(truncatingIfNeeded: result.value), packet: Array(after)), frame
            )
        }
    }
}

/// The running kernel, by bpf(2). Needs root.
final class KernelHost: ProgramHost, CustomStringConvertible {
    let file: ObjectFile
    let maps: KernelMaps
    private var programs: [String: KernelProgram] = [:]
    var description: String { "Linux" }

    init(_ file: ObjectFile) throws {
        self.file = file
        maps = try KernelMaps(
            file.maps.map { definition in
                var description = MapDescription(definition: definition, btf: file.btf)
                if definition.attributes.type == .perfEventArray { description.attributes.maxEntries = 2 }
                return description
            })
        for definition in file.maps {
            for value in definition.values where definition.attributes.type.holdsMaps {
                try setMap(definition.name, word(UInt32(value.index)), value.name)
            }
            for value in definition.values where definition.attributes.type == .progArray {
                try setProgram(definition.name, UInt32(value.index), value.name)
            }
        }
    }

    func descriptor(_ map: String) throws -> Int32 {
        maps.descriptors[try #require(file.maps.firstIndex { $0.name == map })]
    }

    private func program(_ function: String) throws -> KernelProgram {
        if let known = programs[function] { return known }
        let code = try #require(file.programs.first { $0.name == function })
        let program = try KernelProgram(code, maps: maps)
        programs[function] = program
        return program
    }

    private func done(_ status: Int32) throws {
        if status < 0 { throw KernelError(operation: "map", errno: -status) }
    }

    func setProgram(_ map: String, _ index: UInt32, _ function: String) throws {
        try done(clinux_bpf_map_update(descriptor(map), word(index), word(program(function).descriptor), 0))
    }

    func setMap(_ map: String, _ key: [UInt8], _ inner: String) throws {
        try done(clinux_bpf_map_update(descriptor(map), key, word(descriptor(inner)), 0))
    }

    func update(_ map: String, _ key: [UInt8], _ value: [UInt8]) throws {
        try done(clinux_bpf_map_update(descriptor(map), key, value, 0))
    }

    func delete(_ map: String, _ key: [UInt8]) throws { try done(clinux_bpf_map_delete(descriptor(map), key)) }

    func lookup(_ map: String, _ key: [UInt8]) throws -> [UInt8]? {
        let attributes = try #require(file.maps.first { $0.name == map }).attributes
        var value = [UInt8](repeating: 0, count: attributes.valueSize)
        return clinux_bpf_map_lookup(try descriptor(map), key, &value) < 0 ? nil : value
    }

    func run(_ function: String, _ packet: [UInt8]) throws -> HostOutcome {
        let outcome = try program(function).run(packet)
        return HostOutcome(verdict: outcome.verdict, packet: outcome.packet)
    }
}

func word<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] { withUnsafeBytes(of: word.littleEndian) { Array($0) } }
