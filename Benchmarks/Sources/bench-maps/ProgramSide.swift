import CBaselines
import CKernel
import Engine
import Maps
import Measuring
import Subjects

/// Operations from inside programs: runs of `Benchmarks/programs/maps.c`, on one or several threads.
struct ProgramSide {
    let pair: MapPair
    let threads: Int

    /// `program` in Swale; nanoseconds of an operation, of two kinds for the programs that time themselves.
    func swale(_ program: String, timesItself: Bool) throws -> Subject {
        let program = try pair.swale.program(program)
        let frames = (0..<threads).map { ArgumentFrame(pair, thread: $0, of: threads) }
        let domain = pair.swale.domain
        return .onThreads(threads) { thread, repeats in
            let frame = frames[thread]
            frame.reset()
            var result = RunResult()
            domain.online(thread)
            let time = Clock.time {
                for _ in 0..<repeats {
                    program.executable.run(frame.context, count: 1, results: &result, slot: thread)
                    domain.quiescent(thread)
                }
            }
            domain.offline(thread)
            guard result.fault == .none else { throw Failure("\(program.name) ends in \(result.fault.name)") }
            return frame.figures(time: time, repeats: repeats, timesItself: timesItself, program: program.name)
        }
    }

    /// The same in the kernel, all runs within one.
    func kernel(_ kernel: KernelObject, _ program: String, timesItself: Bool) throws -> Subject {
        let descriptor = try kernel.program("loop_\(program)")
        let frames = (0..<threads).map { ArgumentFrame(pair, thread: $0, of: threads) }
        return .onThreads(threads) { thread, repeats in
            let frame = frames[thread]
            frame.reset()
            frame.arguments.pointee.runs = UInt32(repeats)
            let time = try KernelObject.run(descriptor, frame.bytes).nanoseconds
            return frame.figures(time: time, repeats: repeats, timesItself: timesItself, program: program)
        }
    }
}

/// The frame that tells a run of a program what to do, on cache lines of its own.
private final class ArgumentFrame: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    let arguments: UnsafeMutablePointer<map_arguments>
    let context: UnsafeMutablePointer<FrameContext>

    init(_ pair: MapPair, thread: Int, of threads: Int) {
        // Threads insert and delete elements of their own.
        let spare = pair.shape.spare(entries: pair.entries) / threads
        var initial = map_arguments()
        initial.state = 0x1234_5678_9abc_def1 &* UInt64(2 * thread + 1)
        initial.mask = UInt32(pair.entries - 1)
        initial.absent = UInt32(pair.entries + thread * spare)
        initial.spare = UInt32(max(spare - 1, 0))
        memory = .allocate(byteCount: 256, alignment: 128)
        arguments = memory.bindMemory(to: map_arguments.self, capacity: 1)
        arguments.initialize(to: initial)
        context = (memory + 128).bindMemory(to: FrameContext.self, capacity: 1)
        context.initialize(to: FrameContext(data: arguments, length: MemoryLayout<map_arguments>.size))
    }

    deinit { memory.deallocate() }

    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: arguments, count: MemoryLayout<map_arguments>.size)
    }

    func reset() {
        arguments.pointee.first_ns = 0
        arguments.pointee.second_ns = 0
        arguments.pointee.failures = 0
    }

    /// - Parameter time: of all runs, in nanoseconds.
    func figures(time: Double, repeats: Int, timesItself: Bool, program: String) -> [Double] {
        if arguments.pointee.failures != 0 { Progress.say("\(program): some operations did not end as expected") }
        let operations = Double(repeats * Int(MAP_OPERATIONS))
        guard timesItself else { return [time / operations] }
        return [Double(arguments.pointee.first_ns) / operations, Double(arguments.pointee.second_ns) / operations]
    }
}
