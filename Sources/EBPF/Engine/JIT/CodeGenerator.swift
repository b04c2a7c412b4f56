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
}

/// Instructions beyond the baseline that native code may use.
struct ProcessorFeatures: OptionSet {
    let rawValue: UInt32

    static let bmi2 = ProcessorFeatures(rawValue: 1)
    static let movbe = ProcessorFeatures(rawValue: 2)
    /// With BMI1, whose `tzcnt` tells whether there was a bit.
    static let avx2 = ProcessorFeatures(rawValue: 4)
    static let current = ProcessorFeatures(rawValue: clinux_cpu_features())
}

/// Makes native code of one processor.
protocol CodeGenerator {
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
    /// Offset and text of each native instruction, where they were asked for.
    var lines: [(offset: Int32, text: String)]
}

/// The processor that Swale was built for.
enum NativeTarget {
    /// Nil where there is no native code for it.
    static var generator: (any CodeGenerator.Type)? {
        #if arch(x86_64)
            X86Compiler.self
        #else
            nil
        #endif
    }
}

/// A program's code for the processor, ready to run.
final class NativeCode {
    private let memory: CodeMemory
    let entry: Entry

    /// Runs a burst: `RunState`, frames, count, results.
    typealias Entry =
        @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int, UnsafeMutableRawPointer) -> Void

    /// Nil where there is no code generator for this processor, or no memory for code.
    init?(_ source: NativeSource) {
        guard let generator = NativeTarget.generator else { return nil }
        guard let memory = CodeMemory(generator.generate(source).bytes) else { return nil }
        entry = unsafeBitCast(memory.base, to: Entry.self)
        self.memory = memory
    }

    /// Where the code is, and its bytes.
    var region: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.base, count: memory.bytes) }
}
