import Engine
import Object
import Testing

@testable import Verifier

@Suite struct HelperTableTests {
    @Test func everyNumberHasAName() {
        #expect(HelperTable.name(0) == nil)
        #expect(HelperTable.name(1) == "bpf_map_lookup_elem")
        #expect(HelperTable.name(69) == "bpf_fib_lookup")
        #expect(HelperTable.name(211) == "bpf_cgrp_storage_delete")
        #expect(HelperTable.name(212) == nil)
        #expect(Set((1...211).map { HelperTable.name($0) }).count == 211)
    }

    /// Numbers that Linux 6.18 lets XDP programs call: what `BPF_PROG_LOAD` says of each, with all privileges.
    static let allowed: [ClosedRange<UInt32>] = [
        1...3, 5...8, 12...12, 14...17, 22...23, 25...25, 28...28, 35...35, 37...37, 42...42, 44...44, 51...51, 54...55,
        65...65, 69...69, 80...80, 84...89, 93...94, 99...100, 105...106, 109...110, 112...115, 117...118, 120...120,
        123...123, 125...125, 130...134, 136...141, 149...149, 153...154, 156...158, 160...160, 163...165, 169...172,
        175...178, 180...182, 188...190, 194...211,
    ]

    @Test func whatXDPMayCall() {
        for number: UInt32 in 0...400 {
            let isAllowed = Self.allowed.contains { $0.contains(number) }
            #expect((HelperTable.prototype(number) != nil) == isAllowed, "\(number)")
        }
    }

    @Test(arguments: HelperTable.entries)
    func entriesAreSound(_ helper: HelperPrototype) {
        #expect(HelperTable.prototype(helper.number) == helper)
        #expect(HelperTable.name(helper.number) == helper.name)
        #expect(helper.arguments.count <= 5)
        for (index, argument) in helper.arguments.enumerated() {
            let next = index + 1 < helper.arguments.count ? helper.arguments[index + 1] : nil
            switch argument {
            case .memory: #expect(next == .memSize || next == .memSizeOrZero)
            case .mapKey, .mapValue: #expect(helper.arguments.prefix(index).contains(.constMapPointer))
            case .memSize, .memSizeOrZero:
                if case .memory = helper.arguments[index - 1] {} else { Issue.record("a size of nothing") }
            case .function: #expect(helper.traits.contains(.callsBack) && next == .stackOrNull || helper.number == 170)
            default: break
            }
        }
        #expect(helper.arguments.contains(.function) == helper.traits.contains(.callsBack) || helper.number == 170)
        #expect(
            !helper.traits.contains(.movesPacket) || helper.arguments.first == .context,
            "only with a context is there a packet to move")
        if helper.isAllowed(in: .memory) { #expect(helper.isAllowed(in: .vale)) }
        #expect(helper.isAllowed(in: .xdp))
    }

    @Test func whatOtherProgramsMayCall() {
        func numbers(_ type: ProgramType) -> Set<UInt32> {
            Set(HelperTable.entries.lazy.filter { $0.isAllowed(in: type) }.map(\.number))
        }
        let all = numbers(.xdp)
        #expect(all.subtracting(numbers(.vale)) == [23, 44, 51, 54, 65, 69, 84, 85, 99, 163, 188, 189, 190])
        #expect(numbers(.vale).subtracting(numbers(.memory)) == [12, 25])
    }

    /// The helpers that the engine has are those of the table, by number and name.
    @Test(arguments: Helper.allCases)
    func theEngineAgrees(_ helper: Helper) throws {
        let prototype = try #require(HelperTable.prototype(helper.rawValue))
        #expect(prototype.name == helper.name)
        #expect(!prototype.isLeftOut)
    }

    static let mapTypes: [(helper: UInt32, types: [MapType])] = [
        (
            1,
            [
                .hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .arrayOfMaps, .hashOfMaps,
                .devmap, .sockmap, .xskmap, .sockhash, .devmapHash,
            ]
        ),
        (2, [.hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .sockmap, .sockhash]),
        (3, [.hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .sockmap, .sockhash]),
        (12, [.progArray]), (22, [.perfEventArray]), (25, [.perfEventArray]), (37, [.cgroupArray]),
        (51, [.devmap, .cpumap, .xskmap, .devmapHash]), (55, [.perfEventArray]),
        (87, [.queue, .stack, .bloomFilter]), (88, [.queue, .stack]), (89, [.queue, .stack, .bloomFilter]),
        (130, [.ringbuf]), (131, [.ringbuf]), (134, [.ringbuf]),
        (164, [.hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash]),
        (195, [.perCPUHash, .perCPUArray, .lruPerCPUHash]), (209, [.userRingbuf]),
    ]

    /// As `BPF_PROG_LOAD` has it for a map of each type.
    @Test(arguments: mapTypes)
    func mapsForHelpers(_ helper: UInt32, _ types: [MapType]) {
        #expect(MapType.allCases.filter { HelperTable.isAllowed(helper, $0) } == types)
    }

    @Test func whatLookupsFind() {
        #expect(HelperTable.lookupResult(.hash) == .value)
        #expect(HelperTable.lookupResult(.hashOfMaps) == .map)
        #expect(HelperTable.lookupResult(.xskmap) == .socket)
        #expect(HelperTable.isReadOnly(.devmapHash))
    }
}
