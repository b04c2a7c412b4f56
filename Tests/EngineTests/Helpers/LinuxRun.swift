import CLinux
import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine
@testable import KernelRun

/// The same program in Swale, by both engines, and in the running kernel.
struct LinuxRun {
    var maps: [MapDescription] = []

    /// What Swale makes of the packet; r0's lower half, the packet and the elements that `maps` have afterwards are as on
    /// Linux.
    @discardableResult
    func run(
        _ source: String, packet: [UInt8] = [UInt8](repeating: 0, count: 64), elements: [[[UInt8]: [UInt8]]] = []
    ) throws -> Machine.Outcome {
        var machine = Machine()
        var own: [Map] = []
        for (index, description) in maps.enumerated() {
            let a = description.attributes
            let map = try machine.addMap(
                a.type, key: a.keySize, value: a.valueSize, entries: a.maxEntries, flags: a.flags)
            own.append(map)
            for (key, value) in index < elements.count ? elements[index] : [:] { try map.update(key, value) }
        }
        let outcome = try machine.run(source, type: .xdp, packet: packet)
        #expect(outcome.fault == .none)
        guard KernelVerifier.isAvailable else { return outcome }
        let kernelMaps = try KernelMaps(maps)
        for (index, contents) in elements.enumerated() {
            for (key, value) in contents { try kernelMaps.update(index, key, value) }
        }
        let program = ObjectProgram(name: "test", instructions: try Assembler.assemble(source))
        let kernel = try KernelProgram(program, maps: kernelMaps).run(packet)
        #expect(kernel.verdict == UInt32(truncatingIfNeeded: outcome.value))
        #expect(kernel.packet == outcome.packet)
        for (index, map) in own.enumerated() where !map.isPerCPU {
            for (key, _) in index < elements.count ? elements[index] : [:] {
                #expect((try? map.lookup(key)) == kernelMaps.lookup(index, key, count: map.attributes.valueSize))
            }
        }
        return outcome
    }
}

extension KernelMaps {
    func update(_ map: Int, _ key: [UInt8], _ value: [UInt8]) throws {
        let result = clinux_bpf_map_update(descriptors[map], key, value, 0)
        guard result >= 0 else { throw KernelError(operation: "update", errno: -result) }
    }

    func lookup(_ map: Int, _ key: [UInt8], count: Int) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: count)
        return clinux_bpf_map_lookup(descriptors[map], key, &value) == 0 ? value : nil
    }
}
