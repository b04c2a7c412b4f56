// The rows of the table, by family. Groups are those of RFC 9669, appendix A.
extension InstructionTable {
    /// Imm form and register form of each ALU operation. Source: section 4.1.
    private static func alu(
        _ word: Opcode.Class, _ code: Opcode.ALU, _ mnemonic: String, _ imm: Operation, _ reg: Operation,
        offset: Int16 = 0
    ) -> [Entry] {
        let wide = word == .alu64
        let divides = [.mul, .div, .mod].contains(code)
        let group: ConformanceGroup =
            divides ? (wide ? .divmul64 : .divmul32) : (wide ? .base64 : .base32)
        // Operations of which another offset selects a variant.
        let selects = code == .div || code == .mod
        let selector: Selector? = selects ? Selector(field: .offset, value: Int32(offset)) : nil
        let regSelector: Selector? = code == .mov ? Selector(field: .offset, value: 0) : selector
        let opcode = code.rawValue | word.rawValue
        let name = wide ? mnemonic : mnemonic + "32"
        return [
            Entry(
                operation: imm, opcode: opcode, mnemonic: name, operands: .aluImm, selector: selector, group: group,
                section: "4.1"),
            Entry(
                operation: reg, opcode: opcode | Opcode.register, mnemonic: name, operands: .aluReg,
                selector: regSelector, group: group, section: "4.1"),
        ]
    }

    private static func neg(_ word: Opcode.Class, _ operation: Operation) -> [Entry] {
        [
            Entry(
                operation: operation, opcode: Opcode.ALU.neg.rawValue | word.rawValue,
                mnemonic: word == .alu64 ? "neg" : "neg32", operands: .unary, selector: nil,
                group: word == .alu64 ? .base64 : .base32, section: "4.1")
        ]
    }

    static var alu64: [Entry] {
        alu(.alu64, .add, "add", .add64Imm, .add64Reg) + alu(.alu64, .sub, "sub", .sub64Imm, .sub64Reg)
            + alu(.alu64, .mul, "mul", .mul64Imm, .mul64Reg) + alu(.alu64, .div, "div", .div64Imm, .div64Reg)
            + alu(.alu64, .or, "or", .or64Imm, .or64Reg) + alu(.alu64, .and, "and", .and64Imm, .and64Reg)
            + alu(.alu64, .lsh, "lsh", .lsh64Imm, .lsh64Reg) + alu(.alu64, .rsh, "rsh", .rsh64Imm, .rsh64Reg)
            + alu(.alu64, .mod, "mod", .mod64Imm, .mod64Reg) + alu(.alu64, .xor, "xor", .xor64Imm, .xor64Reg)
            + alu(.alu64, .mov, "mov", .mov64Imm, .mov64Reg) + alu(.alu64, .arsh, "arsh", .arsh64Imm, .arsh64Reg)
            + alu(.alu64, .div, "sdiv", .sdiv64Imm, .sdiv64Reg, offset: 1)
            + alu(.alu64, .mod, "smod", .smod64Imm, .smod64Reg, offset: 1) + neg(.alu64, .neg64)
    }

    static var alu32: [Entry] {
        alu(.alu, .add, "add", .add32Imm, .add32Reg) + alu(.alu, .sub, "sub", .sub32Imm, .sub32Reg)
            + alu(.alu, .mul, "mul", .mul32Imm, .mul32Reg) + alu(.alu, .div, "div", .div32Imm, .div32Reg)
            + alu(.alu, .or, "or", .or32Imm, .or32Reg) + alu(.alu, .and, "and", .and32Imm, .and32Reg)
            + alu(.alu, .lsh, "lsh", .lsh32Imm, .lsh32Reg) + alu(.alu, .rsh, "rsh", .rsh32Imm, .rsh32Reg)
            + alu(.alu, .mod, "mod", .mod32Imm, .mod32Reg) + alu(.alu, .xor, "xor", .xor32Imm, .xor32Reg)
            + alu(.alu, .mov, "mov", .mov32Imm, .mov32Reg) + alu(.alu, .arsh, "arsh", .arsh32Imm, .arsh32Reg)
            + alu(.alu, .div, "sdiv", .sdiv32Imm, .sdiv32Reg, offset: 1)
            + alu(.alu, .mod, "smod", .smod32Imm, .smod32Reg, offset: 1) + neg(.alu, .neg32)
    }

    static var movsx: [Entry] {
        func row(_ word: Opcode.Class, _ bits: Int32, _ mnemonic: String, _ operation: Operation) -> Entry {
            Entry(
                operation: operation, opcode: Opcode.ALU.mov.rawValue | Opcode.register | word.rawValue,
                mnemonic: mnemonic, operands: .aluReg, selector: Selector(field: .offset, value: bits),
                group: word == .alu64 ? .base64 : .base32, section: "4.1")
        }
        return [
            row(.alu64, 8, "movsx864", .movsx8to64), row(.alu64, 16, "movsx1664", .movsx16to64),
            row(.alu64, 32, "movsx3264", .movsx32to64), row(.alu, 8, "movsx832", .movsx8to32),
            row(.alu, 16, "movsx1632", .movsx16to32),
        ]
    }

    static var swaps: [Entry] {
        func row(_ opcode: UInt8, _ bits: Int32, _ mnemonic: String, _ operation: Operation) -> Entry {
            Entry(
                operation: operation, opcode: opcode, mnemonic: mnemonic, operands: .unary,
                selector: Selector(field: .imm, value: bits), group: bits == 64 ? .base64 : .base32, section: "4.2")
        }
        return [
            row(0xd4, 16, "le16", .le16), row(0xd4, 32, "le32", .le32), row(0xd4, 64, "le64", .le64),
            row(0xdc, 16, "be16", .be16), row(0xdc, 32, "be32", .be32), row(0xdc, 64, "be64", .be64),
            row(0xd7, 16, "bswap16", .bswap16), row(0xd7, 32, "bswap32", .bswap32),
            row(0xd7, 64, "bswap64", .bswap64),
        ]
    }

    /// Width of a conditional jump's comparison.
    enum JumpWidth { case jmp64, jmp32 }

    static func jumps(_ width: JumpWidth) -> [Entry] {
        let wide = width == .jmp64
        func row(_ code: Opcode.Jump, _ wideForms: [Operation], _ narrowForms: [Operation]) -> [Entry] {
            let forms = wide ? wideForms : narrowForms
            let opcode = code.rawValue | (wide ? Opcode.Class.jmp : .jmp32).rawValue
            return [(OperandForm.jumpImm, 0), (.jumpReg, Opcode.register)].enumerated().map { index, form in
                Entry(
                    operation: forms[index], opcode: opcode | form.1, mnemonic: wide ? "\(code)" : "\(code)32",
                    operands: form.0, selector: nil, group: wide ? .base64 : .base32, section: "4.3")
            }
        }
        return row(.jeq, [.jeq64Imm, .jeq64Reg], [.jeq32Imm, .jeq32Reg])
            + row(.jgt, [.jgt64Imm, .jgt64Reg], [.jgt32Imm, .jgt32Reg])
            + row(.jge, [.jge64Imm, .jge64Reg], [.jge32Imm, .jge32Reg])
            + row(.jset, [.jset64Imm, .jset64Reg], [.jset32Imm, .jset32Reg])
            + row(.jne, [.jne64Imm, .jne64Reg], [.jne32Imm, .jne32Reg])
            + row(.jsgt, [.jsgt64Imm, .jsgt64Reg], [.jsgt32Imm, .jsgt32Reg])
            + row(.jsge, [.jsge64Imm, .jsge64Reg], [.jsge32Imm, .jsge32Reg])
            + row(.jlt, [.jlt64Imm, .jlt64Reg], [.jlt32Imm, .jlt32Reg])
            + row(.jle, [.jle64Imm, .jle64Reg], [.jle32Imm, .jle32Reg])
            + row(.jslt, [.jslt64Imm, .jslt64Reg], [.jslt32Imm, .jslt32Reg])
            + row(.jsle, [.jsle64Imm, .jsle64Reg], [.jsle32Imm, .jsle32Reg])
    }

    static var jumpsAlways: [Entry] {
        [
            Entry(
                operation: .ja, opcode: 0x05, mnemonic: "ja", operands: .jump, selector: nil, group: .base32,
                section: "4.3"),
            Entry(
                operation: .ja32, opcode: 0x06, mnemonic: "ja32", operands: .jumpLong, selector: nil, group: .base32,
                section: "4.3"),
        ]
    }

    static var calls: [Entry] {
        func call(_ operation: Operation, _ mnemonic: String, _ form: OperandForm, src: Int32) -> Entry {
            Entry(
                operation: operation, opcode: 0x85, mnemonic: mnemonic, operands: form,
                selector: Selector(field: .src, value: src), group: .base32, section: "4.3")
        }
        return [
            call(.callHelper, "call", .callHelper, src: 0), call(.callKfunc, "call kfunc", .callKfunc, src: 2),
            call(.callLocal, "call local", .callLocal, src: 1),
            Entry(
                operation: .callx, opcode: 0x8d, mnemonic: "callx", operands: .callReg, selector: nil, group: .base32,
                section: "4.3"),
            Entry(
                operation: .exit, opcode: 0x95, mnemonic: "exit", operands: .none, selector: nil, group: .base32,
                section: "4.3"),
        ]
    }

    private static func memory(
        _ operation: Operation, _ family: Opcode.Class, _ size: Opcode.Size, _ mode: Opcode.Mode, _ mnemonic: String,
        _ form: OperandForm
    ) -> Entry {
        let wide = size == .dw || mode == .memsx
        return Entry(
            operation: operation, opcode: mode.rawValue | size.rawValue | family.rawValue,
            mnemonic: "\(mnemonic)\(size)", operands: form, selector: nil, group: wide ? .base64 : .base32,
            section: mode == .memsx ? "5.2" : "5.1")
    }

    static var loads: [Entry] {
        [
            memory(.ldx8, .ldx, .b, .mem, "ldx", .load), memory(.ldx16, .ldx, .h, .mem, "ldx", .load),
            memory(.ldx32, .ldx, .w, .mem, "ldx", .load), memory(.ldx64, .ldx, .dw, .mem, "ldx", .load),
            memory(.ldxs8, .ldx, .b, .memsx, "ldxs", .load), memory(.ldxs16, .ldx, .h, .memsx, "ldxs", .load),
            memory(.ldxs32, .ldx, .w, .memsx, "ldxs", .load),
        ]
    }

    static var stores: [Entry] {
        [
            memory(.st8, .st, .b, .mem, "st", .storeImm), memory(.st16, .st, .h, .mem, "st", .storeImm),
            memory(.st32, .st, .w, .mem, "st", .storeImm), memory(.st64, .st, .dw, .mem, "st", .storeImm),
            memory(.stx8, .stx, .b, .mem, "stx", .storeReg), memory(.stx16, .stx, .h, .mem, "stx", .storeReg),
            memory(.stx32, .stx, .w, .mem, "stx", .storeReg), memory(.stx64, .stx, .dw, .mem, "stx", .storeReg),
        ]
    }

    static func atomics(_ group: ConformanceGroup) -> [Entry] {
        let wide = group == .atomic64
        let operations: [(Opcode.Atomic, String, Operation, Operation)] = [
            (.add, "add", .atomicAdd32, .atomicAdd64), (.or, "or", .atomicOr32, .atomicOr64),
            (.and, "and", .atomicAnd32, .atomicAnd64), (.xor, "xor", .atomicXor32, .atomicXor64),
            (.fetchAdd, "fetch_add", .atomicFetchAdd32, .atomicFetchAdd64),
            (.fetchOr, "fetch_or", .atomicFetchOr32, .atomicFetchOr64),
            (.fetchAnd, "fetch_and", .atomicFetchAnd32, .atomicFetchAnd64),
            (.fetchXor, "fetch_xor", .atomicFetchXor32, .atomicFetchXor64),
            (.xchg, "xchg", .atomicXchg32, .atomicXchg64),
            (.cmpxchg, "cmpxchg", .atomicCmpxchg32, .atomicCmpxchg64),
        ]
        return operations.map { code, name, narrowOperation, wideOperation in
            Entry(
                operation: wide ? wideOperation : narrowOperation, opcode: wide ? 0xdb : 0xc3,
                mnemonic: wide ? "lock \(name)" : "lock32 \(name)", operands: .atomic,
                selector: Selector(field: .imm, value: code.rawValue), group: group, section: "5.3")
        }
    }

    static var wideAndPacket: [Entry] {
        func packet(_ operation: Operation, _ opcode: UInt8, _ mnemonic: String, _ form: OperandForm) -> Entry {
            Entry(
                operation: operation, opcode: opcode, mnemonic: mnemonic, operands: form, selector: nil,
                group: .packet, section: "5.5")
        }
        return [
            Entry(
                operation: .lddw, opcode: 0x18, mnemonic: "lddw", operands: .wide, selector: nil, group: .base64,
                section: "5.4"),
            packet(.ldAbs8, 0x30, "ldabsb", .packetAbsolute), packet(.ldAbs16, 0x28, "ldabsh", .packetAbsolute),
            packet(.ldAbs32, 0x20, "ldabsw", .packetAbsolute), packet(.ldInd8, 0x50, "ldindb", .packetIndirect),
            packet(.ldInd16, 0x48, "ldindh", .packetIndirect), packet(.ldInd32, 0x40, "ldindw", .packetIndirect),
        ]
    }
}
