import Measuring
import Subjects

/// The kernel's JIT, looped inside one run; its one frame is varied before each turn.
final class KernelProgram: ProgramSubject {
    let name = KernelObject.name
    private let object: KernelObject

    init(folder: String) throws {
        object = try KernelObject(path: "\(folder)/programs.o")
        let batch = FrameBatch(.none)
        for block in 0..<Scenario.fillBlocks {
            batch.setBlock(block)
            try KernelObject.run(try object.program(Scenario.fill), batch.first)
        }
    }

    private func prepared(_ scenario: Scenario) throws -> (Int32, FrameBatch) {
        let batch = FrameBatch(scenario.variety)
        batch.swapAddresses()
        try KernelObject.run(try object.program(scenario.program), batch.first)
        batch.swapAddresses()
        let prefix = scenario.variety == .none ? "loop_" : "loop_varied_"
        return (try object.program(prefix + scenario.program), batch)
    }

    func subject(_ scenario: Scenario) throws -> Subject {
        let (loop, batch) = try prepared(scenario)
        return Subject { repeats in
            var time = 0.0
            for _ in 0..<repeats { time += try KernelObject.run(loop, batch.first).nanoseconds }
            return [time / Double(repeats * scenario.repeats)]
        }
    }

    func lastResult(_ scenario: Scenario) throws -> UInt64 {
        let (loop, batch) = try prepared(scenario)
        return UInt64(try KernelObject.run(loop, batch.first).result)
    }
}
