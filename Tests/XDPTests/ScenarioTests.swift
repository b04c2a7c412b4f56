import Engine
import Object
import Testing

@testable import KernelRun

/// Programs of real size and kind on the same packets: Swale, interpreter and JIT, does what Linux does.
@Suite struct ScenarioTests {
    @Test func everySourceHasAScenario() {
        #expect(Set(Scenario.all.map(\.source)) == Set(ProgramSource.all))
    }

    @Test func thePacketsAreEnough() {
        for scenario in Scenario.all {
            #expect(Set(scenario.packets).count >= 20, "\(scenario)")
            #expect(scenario.packets.allSatisfy { $0.bytes.count >= Packet.shortest }, "\(scenario)")
        }
    }

    @Test(.enabled(if: KernelVerifier.isAvailable, "loading programs needs root"), arguments: ProgramSource.all)
    func doesAsOnLinux(source: String) throws {
        let elf = try ProgramSource.object(source)
        var verdicts: Set<XDPVerdict> = []
        for scenario in Scenario.all where scenario.source == source {
            if let network = scenario.network {
                // On a thread of its own, which is in the namespace that the routes are in.
                let namespace = try network.namespace()
                verdicts.formUnion(try namespace.perform { try compare(scenario, elf) })
            } else {
                verdicts.formUnion(try compare(scenario, elf))
            }
        }
        #expect(verdicts == (try ProgramSource.verdicts(source)))
    }

    /// The verdicts that its packets produce.
    private func compare(_ scenario: Scenario, _ elf: [UInt8]) throws -> Set<XDPVerdict> {
        var file = try ObjectFile(elf: elf)
        try file.apply(constants: scenario.constants)
        let linux = try LinuxHost(file, function: scenario.function)
        let hosts: [(name: String, host: XDPHost)] = try Program.Engine.allCases.map {
            ("\($0)", try SwaleHost(elf, scenario: scenario, engine: $0))
        }
        for entry in scenario.entries {
            try linux.write(entry)
            for (_, host) in hosts { try host.write(entry) }
        }
        var verdicts: Set<XDPVerdict> = []
        for (index, packet) in scenario.everyPacket.enumerated() {
            let expected = try linux.run(packet)
            if index < scenario.packets.count { verdicts.insert(expected.verdict) }
            for (name, host) in hosts {
                let outcome = try host.run(packet)
                guard outcome != expected else { continue }
                Issue.record("\(name), packet \(index) \(packet.bytes): \(outcome), on Linux \(expected)")
                // What follows may differ too, by what maps hold.
                return verdicts
            }
        }
        for map in file.maps {
            let ignored = scenario.ignored[map.name] ?? []
            let expected = try linux.contents(of: map.name).map { cleared($0, ignored) }
            for (name, host) in hosts {
                let contents = try host.contents(of: map.name).map { cleared($0, ignored) }
                #expect(contents == expected, "\(scenario), \(name), map \(map.name)")
            }
        }
        return verdicts
    }

    private func cleared(_ contents: MapContents, _ ranges: [Range<Int>]) -> MapContents {
        contents.mapValues { value in
            var value = value
            for range in ranges { value.replaceSubrange(range, with: zeros(range.count)) }
            return value
        }
    }
}

extension Scenario {
    /// The packets, then what is left of some of them when they are cut or damaged.
    var everyPacket: [Packet] {
        let seed = source.utf8.reduce(UInt64(14695981039346656037)) { ($0 ^ UInt64($1)) &* 1099511628211 }
        return packets + packets.prefix(8).flatMap(Variations.cut)
            + Variations.damaged(packets, count: 150, seed: seed)
    }
}
