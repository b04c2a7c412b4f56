/// Which operands an instruction takes, and in which fields of the wire form they are.
public enum OperandForm: UInt8, CaseIterable, Hashable, Sendable {
    /// `add dst, imm`
    case aluImm
    /// `add dst, src`
    case aluReg
    /// `neg dst`, `be16 dst`
    case unary
    /// `jeq dst, imm, +offset`
    case jumpImm
    /// `jeq dst, src, +offset`
    case jumpReg
    /// `ja +offset`
    case jump
    /// `gotol +imm`
    case jumpLong
    /// `call imm`: a helper's number.
    case callHelper
    /// `call kfunc imm`: a BTF id; `offset` says in whose BTF.
    case callKfunc
    /// `call local +imm`
    case callLocal
    /// `callx dst`
    case callReg
    /// `exit`
    case none
    /// `ldxw dst, [src+offset]`
    case load
    /// `stw [dst+offset], imm`
    case storeImm
    /// `stxw [dst+offset], src`
    case storeReg
    /// `lock add [dst+offset], src`
    case atomic
    /// `lddw dst, imm64`: two slots, `src` says what the 64 bits are (`WideSource`).
    case wide
    /// `ldabsw imm`
    case packetAbsolute
    /// `ldindw src, imm`
    case packetIndirect

    /// What a field of the wire form holds.
    public enum Role: UInt8, Hashable, Sendable {
        /// Nothing: zero, unless the instruction's selector lies in it.
        case unused
        case register
        case value
    }

    /// What `field` holds.
    public func role(of field: InstructionField) -> Role {
        switch field {
        case .dst: dst
        case .src: src
        case .offset: offset
        case .imm: imm
        case .nextImm: self == .wide ? .value : .unused
        }
    }

    private var dst: Role {
        switch self {
        case .jump, .jumpLong, .callHelper, .callKfunc, .callLocal, .none, .packetAbsolute, .packetIndirect: .unused
        case .aluImm, .aluReg, .unary, .jumpImm, .jumpReg, .callReg, .load, .storeImm, .storeReg, .atomic, .wide:
            .register
        }
    }

    private var src: Role {
        switch self {
        case .aluReg, .jumpReg, .load, .storeReg, .atomic, .packetIndirect: .register
        case .wide: .value
        case .aluImm, .unary, .jumpImm, .jump, .jumpLong, .callHelper, .callKfunc, .callLocal, .callReg, .none,
            .storeImm, .packetAbsolute:
            .unused
        }
    }

    private var offset: Role {
        switch self {
        case .jumpImm, .jumpReg, .jump, .callKfunc, .load, .storeImm, .storeReg, .atomic: .value
        case .aluImm, .aluReg, .unary, .jumpLong, .callHelper, .callLocal, .callReg, .none, .wide, .packetAbsolute,
            .packetIndirect:
            .unused
        }
    }

    private var imm: Role {
        switch self {
        case .aluImm, .jumpImm, .jumpLong, .callHelper, .callKfunc, .callLocal, .storeImm, .wide, .packetAbsolute,
            .packetIndirect:
            .value
        case .aluReg, .unary, .jumpReg, .jump, .callReg, .none, .load, .storeReg, .atomic: .unused
        }
    }
}
