import CLinux
import Maps
import Verifier

/// What a code generator is given: a decoded program, bound to its maps.
struct NativeSource {
    let core: UnsafePointer<ProgramCore>
    /// Nil for code that nobody verified.
    let facts: Verifier.Facts?
    var features = ProcessorFeatures.current
    /// Whether the text of the native code is wanted.
    var listing = false
    /// Of code that is to run in another process; arm64's alone can.
    var addresses = NativeAddresses()

    var makesTailCalls: Bool {
        UnsafeBufferPointer(start: core.pointee.instructions, count: core.pointee.instructionCount).contains {
            $0.operation == .callHelper && $0.imm == Int64(Helper.tailCall.rawValue)
        }
    }
}

/// Instructions beyond a processor's baseline that native code may use.
struct ProcessorFeatures: OptionSet {
    let rawValue: UInt32

    static let bmi2 = ProcessorFeatures(rawValue: 1)
    static let movbe = ProcessorFeatures(rawValue: 2)
    /// With BMI1, whose `tzcnt` tells whether there was a bit.
    static let avx2 = ProcessorFeatures(rawValue: 4)
    /// CRC-32C.
    static let crc32 = ProcessorFeatures(rawValue: 8)
    /// arm64's Large System Extensions: atomic operations of one instruction.
    static let lse = ProcessorFeatures(rawValue: 0x1_0000)
    static let current = ProcessorFeatures(rawValue: clinux_cpu_features())
}

/// Makes native code of one processor.
protocol CodeGenerator {
    /// Code without bytes where a program is longer than jumps reach, or has what the generator does not write.
    static func generate(_ source: NativeSource) -> GeneratedCode
}

/// Native code before it is in executable memory; it may lie anywhere.
struct GeneratedCode {
    var bytes: [UInt8]
    /// For each decoded instruction where its native code starts.
    var offsets: [Int32]
    /// Where the program ends: what ends a burst and exits with faults may follow.
    var bodyEnd: Int
    /// Behind `bodyEnd` and what ends a burst there may be steps that seldom run: where these end.
    var deferredEnd: Int
    /// Where `NativeCode.Callback` starts, where the program has use for it.
    var callback: Int?
    /// The most fuel that a run takes, of code that counts none; nil where it counts.
    var fuelBound: Int?
    /// Offset and text of each native instruction, where they were asked for.
    var lines: [(offset: Int32, text: String)]
}

/// Processors that native code can be made for, wherever Swale runs.
public enum NativeProcessor: String, CaseIterable, Sendable {
    case x86 = "x86-64"
    case arm64

    /// The one that Swale was built for; nil where it has no native code for it.
    public static var host: NativeProcessor? {
        #if arch(x86_64)
            .x86
        #elseif arch(arm64)
            .arm64
        #else
            nil
        #endif
    }

    var generator: any CodeGenerator.Type {
        switch self {
        case .x86: X86Compiler.self
        case .arm64: ARM64Compiler.self
        }
    }

    /// What code for it may use: of another processor than the host nothing beyond its baseline.
    var features: ProcessorFeatures { self == .host ? .current : [] }
}

/// A program's code for the processor, ready to run.
final class NativeCode {
    private let memory: CodeMemory
    let entry: Entry
    let callback: Callback?
    /// `GeneratedCode.fuelBound`
    let fuelBound: Int?

    /// Whether code takes what fuel a run has from `NativeBurst.firstFuel`, and makes tail calls.
    static let takesFuel = NativeProcessor.host == .x86

    /// Runs a burst: `RunState`, frames, count, results.
    typealias Entry =
        @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int, UnsafeMutableRawPointer) -> Void

    /// Runs a function as `HelperPolicy.callBack` does: `RunState`, index of its first instruction. False after a fault,
    /// which is in `RunState.helperFault`.
    typealias Callback = @convention(c) (UnsafeMutableRawPointer, Int) -> Bool

    /// Nil where there is no code generator for this processor, or no memory for code.
    init?(_ source: NativeSource) {
        guard let processor = NativeProcessor.host else { return nil }
        guard Self.takesFuel || !source.makesTailCalls else { return nil }
        let generated = processor.generator.generate(source)
        guard let memory = CodeMemory(generated.bytes) else { return nil }
        fuelBound = generated.fuelBound
        entry = unsafeBitCast(memory.base, to: Entry.self)
        callback = generated.callback.map { unsafeBitCast(memory.base + $0, to: Callback.self) }
        self.memory = memory
    }

    /// Where the code is, and its bytes.
    var region: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.base, count: memory.bytes) }
}
