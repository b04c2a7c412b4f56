/// Groups of instructions that a runtime implements as a whole. Source: RFC 9669 section 2.4.
///
/// A 64-bit group includes the 32-bit group of the same name; the table names the smallest group of each instruction.
public enum ConformanceGroup: String, CaseIterable, Hashable, Sendable {
    case base32, base64
    case atomic32, atomic64
    case divmul32, divmul64
    /// Access to packets as classic BPF has it; deprecated by the RFC.
    case packet
}
