import Maps
import Object

/// All that a run needs, in memory that does not move: what `Executable` points to. Owned by `Program`.
struct ProgramCore {
    var instructions: UnsafeMutablePointer<DecodedInstruction>
    var instructionCount: Int
    /// For each instruction its slot in the wire form, for reports.
    var wireSlots: UnsafeMutablePointer<Int32>
    var type: ProgramType
    /// Maps by number; a program holds the address of an element as its map pointer.
    var maps: UnsafeMutablePointer<MapCore>
    var mapCount: Int
    var regions: UnsafeMutablePointer<ValueRegion>
    var states: UnsafeMutablePointer<RunState>
    var slots: Int
    /// Instructions that one run may take: `Program.Options.fuel`.
    var fuel: Int
    /// False for verified programs.
    var checksAccesses: Bool
    var trace: Unmanaged<TraceLog>
    /// `Program.Options.fib`
    var fib: Unmanaged<FIBTable>?
    /// The program as native code; nil where the interpreter runs it.
    var native: NativeCode.Entry?
    /// Runs one of its functions for a helper; nil where there is no native code that calls such a helper.
    var nativeCallback: NativeCode.Callback?
    /// The most that a run of native code takes that counts no fuel; nil where it counts.
    var nativeFuel: Int?
}
