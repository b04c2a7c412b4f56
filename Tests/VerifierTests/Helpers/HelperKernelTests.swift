import ISA
import Object
import Testing

@testable import KernelRun
@testable import Verifier

/// Holds the table of helpers to the running kernel.
@Suite(.enabled(if: KernelVerifier.isAvailable, "loading programs needs root")) struct HelperKernelTests {
    private func refusal(_ source: String, maps: [MapDescription] = []) throws -> String? {
        let program = ObjectProgram(name: "main", instructions: try Assembler.assemble(source))
        switch try KernelVerifier.verify(program, maps: maps) {
        case .accepted: return nil
        case .refused(let reason): return reason
        }
    }

    /// Helpers that may sleep are for other programs too: `bpf_copy_from_user` and its kin.
    @Test func whatXDPMayCall() throws {
        for number: UInt32 in 1...211 {
            let reason = try refusal("call \(number)\nmov r0, 0\nexit") ?? ""
            let isAllowed = !["cannot use helper", "might sleep"].contains(where: reason.contains)
            #expect(isAllowed == (HelperTable.prototype(number) != nil), "\(number): \(reason)")
        }
    }

    /// Arguments that suit each type; nil where none is to be had so easily.
    private func argument(_ type: ArgumentType, _ register: Int) -> String? {
        switch type {
        case .anything: "mov r\(register), 0"
        case .context: "mov r\(register), r6"
        case .constMapPointer: "lddw r\(register), map 0"
        case .mapKey, .mapValue, .memory, .fixedMemory: "mov r\(register), r10\nadd r\(register), -64"
        case .memSize, .memSizeOrZero, .constAllocSizeOrZero: "mov r\(register), 8"
        default: nil
        }
    }

    /// A call with all of its arguments but one; nil where some of them are not to be had.
    private func call(_ helper: HelperPrototype, without missing: Int? = nil) -> String? {
        var source = "mov r6, r1\n"
        for offset in stride(from: -64, to: 0, by: 8) { source += "stdw [r10\(offset)], 0\n" }
        // Leaves r1 to r5 without meaning.
        source += "call 7\n"
        for (index, type) in helper.arguments.enumerated() where index != missing {
            guard let line = argument(type, index + 1) else { return nil }
            source += line + "\n"
        }
        return source + "call \(helper.number)\nmov r0, 0\nexit"
    }

    private static let mapTypes: [MapType] = [
        .hash, .array, .progArray, .perfEventArray, .perCPUHash, .perCPUArray, .cgroupArray, .lruHash, .lruPerCPUHash,
        .devmap, .cpumap, .xskmap, .queue, .stack, .devmapHash, .ringbuf, .bloomFilter,
    ]

    private func map(_ type: MapType) -> MapDescription {
        let sizes: (key: Int, value: Int, entries: Int) =
            switch type {
            case .queue, .stack, .bloomFilter: (0, 16, 4)
            case .ringbuf: (0, 0, 4096)
            case .progArray, .perfEventArray, .cgroupArray, .devmap, .devmapHash, .cpumap, .xskmap: (4, 4, 4)
            default: (4, 16, 4)
            }
        return MapDescription(
            name: "map",
            attributes: MapAttributes(
                type: type, keySize: sizes.key, valueSize: sizes.value, maxEntries: sizes.entries))
    }

    /// Each helper with a map of a type that it takes: with every argument accepted, without any one of them refused.
    @Test(arguments: HelperTable.entries) func arguments(_ helper: HelperPrototype) throws {
        guard let source = call(helper) else { return }
        let type = Self.mapTypes.first { HelperTable.isAllowed(helper.number, $0) }
        let maps = helper.arguments.contains(.constMapPointer) ? [map(try #require(type))] : []
        let reason = try refusal(source, maps: maps)
        let leaks = helper.traits.contains(.acquires)
        #expect(leaks ? reason?.contains("reference leak") == true : reason == nil, "\(reason ?? "")")
        for missing in helper.arguments.indices {
            let source = try #require(call(helper, without: missing))
            #expect(try refusal(source, maps: maps) == "R\(missing + 1) !read_ok")
        }
        if helper.result == .void {
            #expect(try refusal(source.replacing("\nmov r0, 0", with: ""), maps: maps) == "R0 !read_ok")
        }
    }

    @Test(arguments: HelperTable.entries) func maps(_ helper: HelperPrototype) throws {
        guard helper.arguments.contains(.constMapPointer), let source = call(helper) else { return }
        for type in Self.mapTypes {
            let reason = try refusal(source, maps: [map(type)])
            let isAllowed = reason == nil || reason?.contains("reference leak") == true
            #expect(isAllowed == HelperTable.isAllowed(helper.number, type), "\(type): \(reason ?? "accepted")")
        }
    }
}
