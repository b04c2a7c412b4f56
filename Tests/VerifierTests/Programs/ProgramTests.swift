import Object
import Testing
import Verifier

@testable import KernelRun

/// Programs of real size, for every processor and at every level of optimisation: the verdict is Linux's, but for what
/// Tests/Fixtures/xdp/refused.txt names.
@Suite struct ProgramTests {
    /// A debug build explores some ten thousand instructions a second. What takes more than this is left to
    /// scripts/verify-matrix.sh, as are other processors and levels.
    private static let limit = 5000

    @Test(arguments: ProgramObject.sources) func verdictsAreTheListed(source: String) throws {
        let refused = try RefusedPrograms()
        for (variant, file) in try ProgramObject.compile(source) where variant.isUsual {
            let maps = file.maps.map { MapDescription(definition: $0, btf: file.btf) }
            for program in file.programs {
                let isRefused = refused.contains(program.name, variant, by: .swale)
                var options = Verifier.Options()
                options.assumeOffered = true
                options.limits.instructions = Self.limit
                options.limits.cpuMilliseconds = 60000
                let verdict = Verifier.verify(program, type: .xdp, maps: maps, options: options)
                if verdict.rejection?.category == .tooComplex { continue }
                #expect(
                    verdict.isAccepted == !isRefused,
                    "\(program.name) of \(variant.testDescription): \(describe(verdict))")
            }
        }
    }

    /// That refused.txt is what the running kernel says.
    @Test(
        .enabled(if: KernelVerifier.isAvailable, "loading programs needs root"), arguments: ProgramObject.sources)
    func linuxRefusesWhatIsListed(source: String) throws {
        let refused = try RefusedPrograms()
        var seen: Set<[UInt64]> = []
        for (variant, file) in try ProgramObject.compile(source) {
            let maps = try KernelMaps(file.maps.map { MapDescription(definition: $0, btf: file.btf) })
            for program in file.programs where seen.insert(program.instructions.map(\.wire)).inserted {
                let verdict = try KernelVerifier.verify(program, maps: maps)
                #expect(
                    verdict.isAccepted == !refused.contains(program.name, variant, by: .linux),
                    "\(program.name) of \(variant.testDescription): \(verdict)")
            }
        }
    }

    @Test func listedProgramsExist() throws {
        let programs = try ["mistakes", "syn_cookies", "names"].flatMap(ProgramObject.compile)
        let names = Set(programs.flatMap { $0.file.programs.map(\.name) })
        #expect(try RefusedPrograms().programs.isSubset(of: names))
    }

    @Test func theyAreOfRealSize() throws {
        var sizes: [String: Int] = [:]
        for source in ProgramObject.sources {
            for (_, file) in try ProgramObject.compile(source) {
                for program in file.programs {
                    sizes[program.name] = max(sizes[program.name] ?? 0, program.instructions.count)
                }
            }
        }
        #expect(sizes.count >= 50)
        #expect(sizes.values.count { $0 > 1000 } >= 8)
        #expect(sizes.values.count { $0 > 4000 } >= 3)
    }
}

func describe(_ verdict: Verifier.Verdict) -> String {
    guard let rejection = verdict.rejection else { return "accepted" }
    let place = rejection.instruction.map { " at \($0)" } ?? ""
    return "\(rejection.category.rawValue)\(place): \(rejection.reason)"
}
