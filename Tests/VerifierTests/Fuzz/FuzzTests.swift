import Fuzz
import ISA
import Testing

/// Random programs: what the verifier accepts never faults, and registers hold what it said. `make fuzz` runs more of them.
@Suite struct FuzzTests {
    @Test(arguments: [UInt64(1), 2])
    func acceptedProgramsDoWhatWasSaid(seed: UInt64) {
        var campaign = Campaign()
        campaign.seed = seed
        campaign.programs = 250
        campaign.inputs = 4
        campaign.shrinks = false
        let report = campaign.run()
        #expect(report.violations.isEmpty, "\(report)")
        #expect(report.acceptedPercent > 20, "\(report)")
        #expect(report.medianLength > 30, "\(report)")
        for feature in ["packet", "map", "spill", "loop"] { #expect(report.share(feature) > 25, "\(report)") }
    }

    /// The generator's own work: apart from mutations, structure is never what is wrong.
    @Test func generatedProgramsAreWellFormed() {
        for index in 0..<500 {
            let program = ProgramGenerator.program(Random(seed: 7, index: index))
            #expect(throws: Never.self) { try InstructionValidator.validate(program.instructions) }
            #expect(program.assembly == ProgramGenerator.program(Random(seed: 7, index: index)).assembly)
        }
    }

    @Test func reproducersAssemble() throws {
        let program = Campaign().program(3)
        #expect(try Assembler.assemble(program.assembly) == program.instructions)
    }
}
