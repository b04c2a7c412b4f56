/// What an instruction does, without its operands: one case for each form that decodes differently.
///
/// Dense, so that an executable form can switch over it. `InstructionTable` ties each case to its opcode, mnemonic,
/// operands and conformance group.
public enum Operation: UInt8, CaseIterable, Hashable, Sendable {
    // ALU64 (RFC 9669 section 4.1)
    case add64Imm, add64Reg, sub64Imm, sub64Reg, mul64Imm, mul64Reg, div64Imm, div64Reg, or64Imm, or64Reg, and64Imm
    case and64Reg, lsh64Imm, lsh64Reg, rsh64Imm, rsh64Reg, mod64Imm, mod64Reg, xor64Imm, xor64Reg, mov64Imm
    case mov64Reg, arsh64Imm, arsh64Reg, sdiv64Imm, sdiv64Reg, smod64Imm, smod64Reg, neg64
    // ALU32 (RFC 9669 section 4.1)
    case add32Imm, add32Reg, sub32Imm, sub32Reg, mul32Imm, mul32Reg, div32Imm, div32Reg, or32Imm, or32Reg, and32Imm
    case and32Reg, lsh32Imm, lsh32Reg, rsh32Imm, rsh32Reg, mod32Imm, mod32Reg, xor32Imm, xor32Reg, mov32Imm
    case mov32Reg, arsh32Imm, arsh32Reg, sdiv32Imm, sdiv32Reg, smod32Imm, smod32Reg, neg32
    // MOV with sign extension (section 4.1)
    case movsx8to64, movsx16to64, movsx32to64, movsx8to32, movsx16to32
    // Byte swaps (section 4.2)
    case le16, le32, le64, be16, be32, be64, bswap16, bswap32, bswap64
    // JMP (section 4.3)
    case jeq64Imm, jeq64Reg, jgt64Imm, jgt64Reg, jge64Imm, jge64Reg, jset64Imm, jset64Reg, jne64Imm, jne64Reg
    case jsgt64Imm, jsgt64Reg, jsge64Imm, jsge64Reg, jlt64Imm, jlt64Reg, jle64Imm, jle64Reg, jslt64Imm, jslt64Reg
    case jsle64Imm, jsle64Reg
    // JMP32 (section 4.3)
    case jeq32Imm, jeq32Reg, jgt32Imm, jgt32Reg, jge32Imm, jge32Reg, jset32Imm, jset32Reg, jne32Imm, jne32Reg
    case jsgt32Imm, jsgt32Reg, jsge32Imm, jsge32Reg, jlt32Imm, jlt32Reg, jle32Imm, jle32Reg, jslt32Imm, jslt32Reg
    case jsle32Imm, jsle32Reg
    // Unconditional jumps: 16-bit offset, 32-bit imm (`gotol`) (section 4.3)
    case ja, ja32
    // Calls: helper by number, helper by BTF id (kfunc), subprogram, function pointer in a register (section 4.3)
    case callHelper, callKfunc, callLocal, callx, exit
    // Loads (section 5.1, 5.2)
    case ldx8, ldx16, ldx32, ldx64, ldxs8, ldxs16, ldxs32
    // Stores of imm and of src (section 5.1)
    case st8, st16, st32, st64, stx8, stx16, stx32, stx64
    // Atomics, 32 bits (section 5.3)
    case atomicAdd32, atomicOr32, atomicAnd32, atomicXor32, atomicFetchAdd32, atomicFetchOr32, atomicFetchAnd32
    case atomicFetchXor32, atomicXchg32, atomicCmpxchg32
    // Atomics, 64 bits (section 5.3)
    case atomicAdd64, atomicOr64, atomicAnd64, atomicXor64, atomicFetchAdd64, atomicFetchOr64, atomicFetchAnd64
    case atomicFetchXor64, atomicXchg64, atomicCmpxchg64
    // 64-bit immediate, two slots (section 5.4)
    case lddw
    // Legacy packet access (section 5.5): known, never offered
    case ldAbs8, ldAbs16, ldAbs32, ldInd8, ldInd16, ldInd32
}
