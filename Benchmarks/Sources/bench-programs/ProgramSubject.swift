import CBaselines
import Engine
import Measuring
import Object
import Subjects

/// A way to run a program, with maps and frames of its own.
protocol ProgramSubject {
    var name: String { get }
    /// Runs on frames: a burst a repeat, or a run of the kernel.
    func subject(_ scenario: Scenario) throws -> Subject
    /// The result for the last frame of the scenario's burst, after all of them were met.
    func lastResult(_ scenario: Scenario) throws -> UInt64
}

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
