import Engine
import Measuring
import Object
import Subjects

/// Swale, with one engine.
final class SwaleProgram: ProgramSubject {
    let engine: EngineChoice
    private let objects: [ProgramType: SwaleObject]

    var name: String { engine.rawValue }

    init(_ engine: EngineChoice, folder: String) throws {
        self.engine = engine
        objects = [
            .xdp: try SwaleObject(path: "\(folder)/programs.o", engine: engine),
            .vale: try SwaleObject(path: "\(folder)/programs-vale.o", engine: engine),
        ]
        for (type, object) in objects {
            let fill = try object.program(Scenario.fill, type: type)
            let batch = FrameBatch(.none)
            for block in 0..<Scenario.fillBlocks {
                batch.setBlock(block)
                try Self.run(fill, batch, count: 1)
            }
        }
    }

    private static func run(_ program: Program, _ batch: FrameBatch, count: Int) throws {
        program.executable.run(batch.contexts, count: count, results: batch.results, slot: 0)
        guard batch.results[0].fault == .none else {
            throw Failure("\(program.name) ends in \(batch.results[0].fault.name)")
        }
    }

    private func prepared(_ scenario: Scenario) throws -> (Program, FrameBatch, SwaleObject) {
        guard let object = objects[scenario.type] else { throw Failure("no object of type \(scenario.type)") }
        let program = try object.program(scenario.program, type: scenario.type)
        let batch = FrameBatch(scenario.variety)
        // Bridges learn where destinations are.
        batch.swapAddresses()
        try Self.run(program, batch, count: scenario.burst)
        batch.swapAddresses()
        return (program, batch, object)
    }

    func subject(_ scenario: Scenario) throws -> Subject {
        let (program, batch, object) = try prepared(scenario)
        return .timed(operations: scenario.burst) { repeats in
            object.domain.online(0)
            for _ in 0..<repeats {
                program.executable.run(batch.contexts, count: scenario.burst, results: batch.results, slot: 0)
                object.domain.quiescent(0)
            }
            object.domain.offline(0)
        }
    }

    func lastResult(_ scenario: Scenario) throws -> UInt64 {
        let (program, batch, _) = try prepared(scenario)
        for _ in 0..<2 { try Self.run(program, batch, count: scenario.burst) }
        return batch.results[scenario.burst - 1].value
    }
}
