/// Why a run ended before `exit`. The frame of such a run is dropped.
public enum Fault: UInt8, CaseIterable, Hashable, Error {
    case none = 0
    /// The program took more instructions than a run may.
    case outOfFuel
    /// A load, store or helper argument outside packet, stack, context and map values, or a write to what is read-only.
    case badAccess
    /// A helper that is not offered, a map argument that is no map, a `callx` to no function.
    case badCall
    /// More than 8 frames of bpf-to-bpf calls.
    case callDepth
    /// An instruction that does not exist or that the engine does not offer.
    case badInstruction
    /// The deadline of a test run passed. No run of a worker has one.
    case outOfTime

    /// As the API and the metrics name it: `out_of_fuel`.
    public var name: String {
        switch self {
        case .none: "none"
        case .outOfFuel: "out_of_fuel"
        case .badAccess: "bad_access"
        case .badCall: "bad_call"
        case .callDepth: "call_depth"
        case .badInstruction: "bad_instruction"
        case .outOfTime: "out_of_time"
        }
    }
}

/// How a run ended.
public struct RunResult: Hashable, Sendable {
    /// r0 at `exit`; 0 after a fault.
    public var value: UInt64
    public var fault: Fault

    @inlinable
    public init(value: UInt64 = 0, fault: Fault = .none) {
        self.value = value
        self.fault = fault
    }
}
