/// An instruction in the words of llvm-objdump 21, with names appended where there are some.
struct ObjdumpText {
    private let options: Disassembler.Options
    private let functionStarts: [Int]

    init(_ options: Disassembler.Options) {
        self.options = options
        functionStarts = options.functions.keys.sorted()
    }

    /// Text of one instruction; `piece` has both slots of `LDDW`.
    func text(_ piece: ArraySlice<Instruction>, at slot: Int) -> String {
        let insn = piece.first!
        guard let entry = InstructionTable.entry(for: insn), insn.dst <= 10, insn.src <= 10 else { return "<unknown>" }
        let narrow = entry.isNarrow
        let dst = (narrow ? "w" : "r") + String(insn.dst)
        let src = (narrow ? "w" : "r") + String(insn.src)
        switch entry.operands {
        case .aluImm: return "\(dst) \(entry.sign) \(hex(insn.imm))"
        case .aluReg: return "\(dst) \(entry.sign)\(src)"
        case .unary:
            return entry.section == "4.2" ? "r\(insn.dst) = \(entry.mnemonic) r\(insn.dst)" : "\(dst) = -\(dst)"
        case .jumpImm: return "if \(dst) \(entry.sign) \(hex(insn.imm)) \(jump("goto", Int(insn.offset), slot))"
        case .jumpReg: return "if \(dst) \(entry.sign) \(src) \(jump("goto", Int(insn.offset), slot))"
        case .jump: return jump("goto", Int(insn.offset), slot)
        case .jumpLong: return jump("gotol", Int(insn.imm), slot)
        case .callHelper: return "call \(hex(insn.imm))" + annotation(options.helpers[insn.imm])
        case .callKfunc: return "call \(hex(insn.imm))"
        case .callLocal: return "call \(hex(insn.imm))" + annotation(symbol(slot + 1 + Int(insn.imm)))
        case .callReg: return "callx r\(insn.dst)"
        case .none: return "exit"
        case .load: return "\(dst) = \(entry.pointer)\(address(insn.src, insn.offset))"
        case .storeImm: return "\(entry.pointer)\(address(insn.dst, insn.offset)) = \(hex(insn.imm))"
        case .storeReg: return "\(entry.pointer)\(address(insn.dst, insn.offset)) = \(src)"
        case .atomic: return atomic(entry, insn, src)
        case .wide: return wide(piece, slot)
        case .packetAbsolute: return "r0 = \(entry.pointer)skb[\(hex(insn.imm))]"
        case .packetIndirect:
            let index = insn.imm == 0 ? "" : " " + signed(Int(insn.imm), spaced: true)
            return "r0 = \(entry.pointer)skb[r\(insn.src)\(index)]"
        }
    }

    private func atomic(_ entry: InstructionTable.Entry, _ insn: Instruction, _ src: String) -> String {
        let location = "r\(insn.dst) \(signed(Int(insn.offset), spaced: true))"
        let name = entry.mnemonic.split(separator: " ")[1]
        let suffix = entry.isNarrow ? "32_32" : "_64"
        let r0 = entry.isNarrow ? "w0" : "r0"
        switch name {
        case "xchg": return "\(src) = xchg\(suffix)(\(location), \(src))"
        case "cmpxchg": return "\(r0) = cmpxchg\(suffix)(\(location), \(r0), \(src))"
        case _ where name.hasPrefix("fetch_"):
            return "\(src) = atomic_\(name)((\(entry.isNarrow ? "u32" : "u64") *)(\(location)), \(src))"
        default: return "lock \(entry.pointer)(\(location)) \(entry.sign) \(src)"
        }
    }

    private func wide(_ piece: ArraySlice<Instruction>, _ slot: Int) -> String {
        let insn = piece.first!
        guard piece.count == 2, let source = WideSource(rawValue: insn.src) else { return "<unknown>" }
        let next = piece.last!.imm
        let offset = next == 0 ? "" : signed(Int(next), spaced: false)
        let name = options.maps[insn.imm] ?? String(insn.imm)
        let value: String =
            switch source {
            case .imm64: "\(hex(Int64(next) << 32 | Int64(UInt32(bitPattern: insn.imm)))) ll"
            case .map: "map[\(name)]"
            case .mapValue: "map[\(name)][0]\(offset)"
            case .variable: "variable[\(insn.imm)]\(offset)"
            case .function:
                "func[\(signed(Int(insn.imm), spaced: false))]" + annotation(symbol(slot + 1 + Int(insn.imm)))
            case .mapIndex: "map[idx:\(insn.imm)]"
            case .mapIndexValue: "map[idx:\(insn.imm)][0]\(offset)"
            }
        return "r\(insn.dst) = \(value)"
    }

    private func address(_ base: UInt8, _ offset: Int16) -> String {
        "(r\(base) \(signed(Int(offset), spaced: true)))"
    }

    private func jump(_ word: String, _ offset: Int, _ slot: Int) -> String {
        "\(word) \(signed(offset, spaced: false))" + annotation(symbol(slot + 1 + offset))
    }

    /// `main+0x10`: a slot as bytes from the start of the function that it is in.
    private func symbol(_ slot: Int) -> String? {
        guard let start = functionStarts.last(where: { $0 <= slot }) else { return nil }
        let name = options.functions[start]!
        return start == slot ? name : "\(name)+\(hex((slot - start) * Instruction.size))"
    }

    private func annotation(_ name: String?) -> String { name.map { " <\($0)>" } ?? "" }

    /// `+0x8`, or `+ 0x8`.
    private func signed(_ value: Int, spaced: Bool) -> String {
        (value < 0 ? "-" : "+") + (spaced ? " " : "") + "0x" + String(value.magnitude, radix: 16)
    }

    /// `-0x8`
    private func hex(_ value: some SignedInteger & FixedWidthInteger) -> String {
        (value < 0 ? "-0x" : "0x") + String(value.magnitude, radix: 16)
    }
}

extension InstructionTable.Entry {
    /// Whether the text speaks of `w1` instead of `r1`. Loads of up to 32 bits that extend with zeros do.
    fileprivate var isNarrow: Bool {
        switch operands {
        case .aluImm, .aluReg, .unary: opcode & 7 == Opcode.Class.alu.rawValue
        case .jumpImm, .jumpReg: opcode & 7 == Opcode.Class.jmp32.rawValue
        case .load: section == "5.1" && opcode & 0x18 != Opcode.Size.dw.rawValue
        case .storeReg, .atomic: opcode & 0x18 != Opcode.Size.dw.rawValue
        default: false
        }
    }

    /// `*(u32 *)`
    fileprivate var pointer: String {
        let letter = section == "5.2" ? "s" : "u"
        let bits =
            switch Opcode.Size(rawValue: opcode & 0x18)! {
            case .b: 8
            case .h: 16
            case .w: 32
            case .dw: 64
            }
        return "*(\(letter)\(bits) *)"
    }

    /// The operator of ALU operations, comparisons and atomics; with the cast of a sign extension, and with the space
    /// before `src` of the others.
    fileprivate var sign: String {
        if operands == .atomic { return Self.aluSigns[String(mnemonic.split(separator: " ")[1])]! }
        let name = mnemonic.hasSuffix("32") && !mnemonic.hasPrefix("movsx") ? mnemonic.dropLast(2) : mnemonic[...]
        switch operands {
        case .jumpImm, .jumpReg: return Self.jumpSigns[String(name)]!
        case .aluReg where selector?.field == .offset && selector?.value != 0 && name.hasPrefix("movsx"):
            return "= (s\(selector!.value))"
        case .aluReg: return Self.aluSigns[String(name)]! + " "
        default: return Self.aluSigns[String(name)]!
        }
    }

    private static let aluSigns = [
        "add": "+=", "sub": "-=", "mul": "*=", "div": "/=", "sdiv": "s/=", "or": "|=", "and": "&=", "lsh": "<<=",
        "rsh": ">>=", "mod": "%=", "smod": "s%=", "xor": "^=", "mov": "=", "arsh": "s>>=",
    ]
    private static let jumpSigns = [
        "jeq": "==", "jgt": ">", "jge": ">=", "jset": "&", "jne": "!=", "jsgt": "s>", "jsge": "s>=", "jlt": "<",
        "jle": "<=", "jslt": "s<", "jsle": "s<=",
    ]
}
