/// Why instructions are no program of classic BPF, or none that can be translated.
public struct ClassicError: Error, Hashable, Sendable {
    /// Index of the instruction; nil where the program as a whole is meant.
    public let instruction: Int?
    public let kind: Kind

    public enum Kind: Hashable, Sendable {
        case length(Int)
        case unknownCode(UInt16)
        /// A jump past the end: the instruction that it wants.
        case jumpTarget(Int)
        /// A jump back, by that many instructions: libpcap loops for `protochain`.
        case loop(Int)
        case scratchIndex(UInt32)
        case divisionByZero
        case shift(UInt32)
        /// A load of what Linux keeps beside the packet (`SKF_AD_OFF`, `SKF_NET_OFF`, `SKF_LL_OFF`).
        case ancillaryLoad(UInt32)
        case noReturn
    }

    public init(_ kind: Kind, at instruction: Int? = nil) {
        self.instruction = instruction
        self.kind = kind
    }
}

extension ClassicError: CustomStringConvertible {
    public var description: String { instruction.map { "instruction \($0): \(kind)" } ?? "\(kind)" }
}

extension ClassicError.Kind: CustomStringConvertible {
    public var description: String {
        switch self {
        case .length(let count): "\(count) instructions, expected 1 to \(ClassicProgram.maxLength)"
        case .unknownCode(let code): "there is no instruction 0x\(String(code, radix: 16))"
        case .jumpTarget(let target): "it jumps to \(target), past the end"
        case .loop(let distance): "it jumps back by \(distance), as protochain does; there are no loops here"
        case .scratchIndex(let index): "there is no scratch memory \(index), expected 0 to 15"
        case .divisionByZero: "it divides by 0"
        case .shift(let bits): "it shifts 32 bits by \(bits)"
        case .ancillaryLoad(let offset):
            "offset 0x\(String(offset, radix: 16)) is not in the packet but in Linux's data beside it, which Swale has not"
        case .noReturn: "the last instruction is no return"
        }
    }
}
