import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// A program compiled for arm64, whose runs in the harness are to leave what the interpreter leaves here.
final class ARM64Run {
    /// What a run starts from.
    struct Input {
        var packets: [[UInt8]]
        /// Ports, rings and ifindexes come from it, and what is in maps that are no arrays.
        var seed: UInt64 = 0
    }

    /// What a run leaves.
    struct Trail: Equatable {
        var results: [RunResult] = []
        var rings: [UInt8] = []
        var packets: [[UInt8]] = []
        var values: [[UInt8]] = []
        var faults: [UInt8] = []
        /// Slot of the last fault.
        var faultSlot: Int32 = -1
        var calls: [UInt64] = []
    }

    let program: Program
    let slot: Int
    /// The code, which has no bytes if the program was too long.
    let generated: GeneratedCode
    private let isVerified: Bool
    private let checksAccesses: Bool
    private var isWritten = false
    private let helpers: RecordedHelpers
    private let space: ARM64Space
    private let mapNumbers: [[UInt64]]
    private let packets: UnsafeMutableRawPointer
    private let ownValues: [UnsafeMutableRawPointer]
    private var core: UnsafeMutablePointer<ProgramCore> { program.executable.core }
    private var state: UnsafeMutablePointer<RunState> { core.pointee.states + slot }

    static let packetBytes = 2048
    static let mostPackets = 4
    private static let stackBytes = RunState.stackBytes * RunState.maxFrames

    /// - Parameters:
    ///   - facts: nil: the code counts fuel and depth of calls, and has all of the program, so that it leaves the same
    ///     stack.
    ///   - checksAccesses: whether the interpreter checks them.
    init(
        _ program: Program, facts: Verifier.Facts?, checksAccesses: Bool = false, features: ProcessorFeatures = [],
        slot: Int = 0
    ) {
        self.program = program
        self.slot = slot
        self.checksAccesses = checksAccesses
        isVerified = facts != nil
        packets = .allocate(byteCount: Self.packetBytes * Self.mostPackets, alignment: 64)
        let core = program.executable.core
        var own: [UnsafeMutableRawPointer] = []
        let stubs = program.maps.enumerated().map { index, map in
            let layout = map.core.arrayLayout
            let stride = layout?.stride ?? (map.core.valueSize + 7) & ~7
            let entries = layout.map { Int($0.count) } ?? map.attributes.maxEntries
            var values = layout.flatMap { UnsafeMutableRawPointer(bitPattern: $0.base) }
            if values == nil {
                own.append(.allocate(byteCount: entries * stride, alignment: 64))
                values = own.last
            }
            return RecordedHelpers.StubMap(
                core: UInt(bitPattern: core.pointee.maps + index), isArray: layout != nil, keySize: map.core.keySize,
                valueSize: map.core.valueSize, stride: stride, entries: entries,
                workerStride: layout?.workerStride ?? 0, values: values!)
        }
        ownValues = own
        helpers = RecordedHelpers(stubs)
        var space = ARM64Space()
        mapNumbers = space.place(core, core.pointee.states + slot, stubs)
        space.place(packets, Self.packetBytes * Self.mostPackets)
        self.space = space
        generated = ARM64Compiler.generate(
            NativeSource(core: core, facts: facts, features: features, listing: false, addresses: space.addresses))
    }

    deinit {
        packets.deallocate()
        for values in ownValues { values.deallocate() }
    }

    // MARK: Here

    /// Nothing is left of the run before.
    private func prepare(_ input: Input) -> [FrameContext] {
        helpers.reset()
        state.pointee.stack.initializeMemory(as: UInt8.self, repeating: 0, count: Self.stackBytes)
        state.pointee.context.initializeMemory(as: UInt8.self, repeating: 0, count: XDPContext.bytesWithPointers)
        for index in 0..<11 { state.pointee.registers[index] = 0 }
        for index in 0..<Fault.allCases.count { state.pointee.faults[index] = 0 }
        state.pointee.faultSlot = -1
        for map in helpers.maps where !map.isArray {
            for index in 0..<map.bytes(slots: core.pointee.slots) {
                let byte = (input.seed &+ UInt64(index)) &* 0x9E37_79B9_7F4A_7C15
                map.values.storeBytes(of: UInt8(truncatingIfNeeded: byte >> 40), toByteOffset: index, as: UInt8.self)
            }
        }
        return input.packets.enumerated().map { index, packet in
            let start = packets + index * Self.packetBytes
            start.initializeMemory(as: UInt8.self, repeating: 0, count: Self.packetBytes)
            packet.withUnsafeBytes {
                start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: $0.count)
            }
            let number = UInt32(truncatingIfNeeded: input.seed >> 3) &+ UInt32(index)
            return FrameContext(
                data: start, length: packet.count, ingressPort: number & 0xFF, ring: UInt8(number & 7),
                ingressIfindex: number, egressIfindex: ~number)
        }
    }

    private func interpret(_ frames: inout [FrameContext], _ input: Input) -> Trail {
        var results = [RunResult](repeating: RunResult(), count: frames.count)
        if checksAccesses {
            run(&frames, &results, CheckedRecordingExecution(helpers: helpers))
        } else {
            run(&frames, &results, RecordingExecution(helpers: helpers))
        }
        return Trail(
            results: results, rings: frames.map(\.ring),
            packets: input.packets.indices.map { bytes(packets + $0 * Self.packetBytes, input.packets[$0].count) },
            values: helpers.maps.map { bytes($0.values, $0.bytes(slots: core.pointee.slots)) },
            faults: bytes(state.pointee.faults, Fault.allCases.count * 8), faultSlot: state.pointee.faultSlot,
            calls: helpers.words)
    }

    private func run<Policy: InterpreterPolicy>(
        _ frames: inout [FrameContext], _ results: inout [RunResult], _ policy: Policy
    ) {
        if program.type == .memory {
            let memory = UnsafeMutableRawBufferPointer(start: frames[0].data, count: frames[0].dataEnd - frames[0].data)
            results[0] = program.executable.run(memory: memory, slot: slot, policy: policy)
        } else {
            program.executable.run(&frames, count: frames.count, results: &results, slot: slot, policy: policy)
        }
    }

    private func bytes(_ start: UnsafeRawPointer, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    // MARK: There

    /// Adds a run to a batch; gives what the interpreter leaves.
    @discardableResult
    func add(
        _ input: Input, to batch: ARM64Batch, found: @escaping (_ difference: String) -> Void
    ) -> Trail {
        var frames = prepare(input)
        let expected = ARM64Expectation()
        add(frames, to: batch) { [space, isVerified] outcome in
            if let difference = expected.difference(outcome, space, comparesStack: !isVerified) { found(difference) }
        }
        expected.trail = interpret(&frames, input)
        expected.stack = bytes(state.pointee.stack, Self.stackBytes)
        return expected.trail
    }

    private func add(
        _ frames: [FrameContext], to batch: ARM64Batch, check: @escaping (ARM64Batch.Outcome) -> Void
    ) {
        var image = space.image(state.pointee)
        var images = frames.map { space.image($0) }
        if program.type == .memory {
            state.pointee.registers[1] = UInt64(UInt(bitPattern: images[0].data))
            state.pointee.registers[2] = UInt64(images[0].dataEnd - images[0].data)
        }
        var local = space
        let framesPlace = local.reserve(frames.count * MemoryLayout<FrameContext>.stride)
        let resultsPlace = local.reserve(frames.count * MemoryLayout<RunResult>.stride)
        withUnsafeBytes(of: &image) { image in
            images.withUnsafeMutableBytes { images in
                func piece(_ start: UnsafeRawPointer, _ count: Int, isWanted: Bool, isZero: Bool = false)
                    -> ARM64Batch.Piece
                {
                    ARM64Batch.Piece(
                        address: space(start), count: count, bytes: isZero ? nil : start, isWanted: isWanted)
                }
                let wanted: [ARM64Batch.Piece] = [
                    ARM64Batch.Piece(
                        address: space(state), count: image.count, bytes: image.baseAddress, isWanted: true),
                    piece(state.pointee.faults, Fault.allCases.count * 8, isWanted: true, isZero: true),
                    piece(state.pointee.stack, Self.stackBytes, isWanted: !isVerified, isZero: true),
                    piece(state.pointee.registers, 11 * 8, isWanted: false),
                    piece(state.pointee.context, XDPContext.bytesWithPointers, isWanted: false, isZero: true),
                    ARM64Batch.Piece(
                        address: framesPlace, count: images.count, bytes: images.baseAddress, isWanted: true),
                    ARM64Batch.Piece(
                        address: resultsPlace, count: frames.count * MemoryLayout<RunResult>.stride, bytes: nil,
                        isWanted: true),
                ]
                let packets = frames.map { piece($0.data, $0.dataEnd - $0.data, isWanted: true) }
                let values = helpers.maps.map {
                    piece($0.values, $0.bytes(slots: core.pointee.slots), isWanted: true)
                }
                batch.add(
                    code: batch.lastCode === self ? [] : generated.bytes, maps: mapNumbers,
                    pieces: wanted + packets + values,
                    arguments: [
                        UInt64(space(state)), UInt64(framesPlace), UInt64(frames.count), UInt64(resultsPlace),
                    ], check: check)
                batch.lastCode = self
            }
        }
    }
}
