import Foundation
import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine
@testable import Fuzz

/// Verified programs on packets and maps: code for arm64, under qemu-aarch64, leaves what the interpreter leaves.
@Suite(.enabled(if: ARM64Harness.isInstalled, "no arm64 cross compiler or qemu-user")) struct ARM64ProgramTests {
    private static func program(
        _ code: [Instruction], _ type: ProgramType, _ attributes: [MapAttributes], fuel: Int = 1 << 24,
        verifier: Verifier.Options = .engine
    ) throws -> (program: Program, facts: Verifier.Facts)? {
        let domain = WorkerDomain(workers: 1)
        let maps = try attributes.enumerated().map { try Map($1, domain: domain, name: "map\($0)") }
        let object = ObjectProgram(name: "test", instructions: code)
        let descriptions = maps.map { MapDescription(name: $0.name, attributes: $0.attributes) }
        let verdict = Verifier.verify(object, type: type, maps: descriptions, options: verifier)
        guard verdict.rejection == nil else { return nil }
        let program = try Program(
            object, type: type, maps: maps, domain: domain, trace: TraceLog(),
            options: .init(fuel: fuel, engine: .interpreter), facts: verdict.facts)
        return (program, verdict.facts)
    }

    private static let packets: [[UInt8]] = (0..<12).map { number in
        (0..<(number == 7 ? 3 : 20 + number % 30)).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) }
    }

    /// Programs that the optimizer rewrites, on bursts of frames, for the worker of each slot.
    private func check(_ sources: [String], _ maps: [MapAttributes] = [], type: ProgramType = .vale) throws {
        let batch = ARM64Batch()
        for source in sources {
            let (program, facts) = try #require(try Self.program(try Assembler.assemble(source), type, maps))
            for slot in 0...1 {
                for isVerified in [true, false] {
                    let run = ARM64Run(program, facts: isVerified ? facts : nil, slot: slot)
                    for first in stride(from: 0, to: Self.packets.count, by: 3) {
                        let input = ARM64Run.Input(packets: Array(Self.packets[first..<first + 3]), seed: 5)
                        run.add(input, to: batch) { Issue.record("\(isVerified) \($0): \(source)") }
                    }
                }
            }
        }
        try batch.run()
        #expect(batch.count == sources.count * 16)
    }

    @Test func bytesComeTogether() throws {
        try check(
            [2, 4, 6, 8].flatMap {
                [NativeOptimizerTests.bytes($0, isSwapped: false), NativeOptimizerTests.bytes($0, isSwapped: true)]
            })
    }

    @Test func movesAreFused() throws { try check(NativeOptimizerTests.fusions) }

    @Test(arguments: [MapType.array, .perCPUArray], [8, 16, 24])
    func arrays(type: MapType, value: Int) throws {
        try check(
            NativeOptimizerTests.lookups.flatMap { [$0.compared, $0.used] },
            [NativeOptimizerTests.array(type, value: value)])
    }

    @Test func mapsBeyondTheBases() throws {
        try check([NativeOptimizerTests.manyMaps.source], NativeOptimizerTests.manyMaps.maps)
    }

    @Test func contexts() throws {
        try check([
            "ldxb r0, [r1+20]\nadd r0, 1\nstxb [r1+20], r0\nldxb r0, [r1+20]\nldxw r2, [r1+16]\nadd r0, r2\nexit",
            "ldxb r0, [r1+20]\nldxw r2, [r1+16]\nadd r0, r2\nexit", "ldxsb r0, [r1+20]\nexit",
        ])
        try check(
            [12, 16].flatMap { ["ldxw r0, [r1+\($0)]\nexit", "ldxsw r0, [r1+\($0)]\nexit"] }, type: .xdp)
    }

    /// Programs of each part of a series: `SWALE_ARM64_PROGRAMS` and `SWALE_ARM64_SEED` make longer and other ones.
    private static let programs = environment("SWALE_ARM64_PROGRAMS") ?? 150
    private static let seed = environment("SWALE_ARM64_SEED") ?? 20

    private static func environment(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    /// Programs of the generator, with all that verified code is given and without: results, packets, maps, calls of
    /// helpers, and in the latter the stack.
    @Test(arguments: 0..<4)
    func randomPrograms(part: Int) throws {
        var campaign = Campaign()
        campaign.seed = UInt64(Self.seed)
        campaign.mutatedPercent = 10
        var options = Verifier.Options()
        options.offered = FuzzMachine.offer
        options.limits.instructions = 4000
        var accepted = 0
        let first = part * Self.programs
        for start in stride(from: first, to: first + Self.programs, by: 200) {
            let batch = ARM64Batch()
            for index in start..<min(start + 200, first + Self.programs) {
                let random = campaign.program(index)
                guard
                    let (program, facts) = try Self.program(
                        random.instructions, random.type, random.maps, fuel: 1 << 12, verifier: options)
                else { continue }
                accepted += 1
                let features: ProcessorFeatures = index % 2 == 0 ? [] : .lse
                for isVerified in [true, false] {
                    let run = ARM64Run(program, facts: isVerified ? facts : nil, features: features)
                    for number in 0..<2 {
                        let (input, fill) = Self.input(index * 16 + number)
                        try fill.fill(program.maps)
                        run.add(input, to: batch) {
                            Issue.record("program \(index), input \(number), \(isVerified): \($0)\n\(random.assembly)")
                        }
                    }
                }
            }
            try batch.run()
        }
        if Self.programs > 400 { print("part \(part): \(accepted) accepted") }
        #expect(accepted > Self.programs / 3)
    }

    /// The run's input, and what fills the program's maps.
    private static func input(_ number: Int) -> (ARM64Run.Input, Input) {
        let fill = Input(seed: UInt64(number) &* 31)
        let others = [Input(seed: UInt64(number) &* 31 &+ 7), Input(seed: UInt64(number) &* 31 &+ 11)]
        let packets = [fill.packet] + (number % 4 == 0 ? others.map(\.packet) : [])
        return (ARM64Run.Input(packets: packets, seed: UInt64(number)), fill)
    }
}
