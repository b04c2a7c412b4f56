import CBaselines
import Measuring
import Subjects

/// The same C as native code.
struct NativeProgram: ProgramSubject {
    let name: String
    private let find: (String) -> native_burst?

    init(name: String, find: @escaping (String) -> native_burst?) throws {
        self.name = name
        self.find = find
        let fill = try burst(Scenario.fill)
        let batch = FrameBatch(.none)
        for block in 0..<Scenario.fillBlocks {
            batch.setBlock(block)
            fill(batch.nativeFrames, 1, batch.nativeResults)
        }
    }

    private func burst(_ program: String) throws -> native_burst {
        guard let burst = find(program) else { throw Failure("there is no native \(program)") }
        return burst
    }

    private func prepared(_ scenario: Scenario) throws -> (native_burst, FrameBatch) {
        let burst = try burst(scenario.program)
        let batch = FrameBatch(scenario.variety)
        batch.swapAddresses()
        burst(batch.nativeFrames, scenario.burst, batch.nativeResults)
        batch.swapAddresses()
        return (burst, batch)
    }

    func subject(_ scenario: Scenario) throws -> Subject {
        let (burst, batch) = try prepared(scenario)
        return .timed(operations: scenario.burst) { repeats in
            for _ in 0..<repeats { burst(batch.nativeFrames, scenario.burst, batch.nativeResults) }
        }
    }

    func lastResult(_ scenario: Scenario) throws -> UInt64 {
        let (burst, batch) = try prepared(scenario)
        for _ in 0..<2 { burst(batch.nativeFrames, scenario.burst, batch.nativeResults) }
        return batch.nativeResults[scenario.burst - 1].value
    }
}
