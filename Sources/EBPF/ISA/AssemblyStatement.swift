/// One instruction of assembly source, its labels not yet resolved.
struct AssemblyStatement {
    let line: Int
    /// Index of its first slot.
    let slot: Int
    /// nil for `.quad`, a slot as a number.
    let entry: InstructionTable.Entry?
    let operands: [AssemblyOperand]

    init(_ tokens: ArraySlice<AssemblyToken>, line: Int, slot: Int) throws(AssemblerError.Problem) {
        self.line = line
        self.slot = slot
        if tokens.first == .word(".quad") {
            var parser = AssemblyOperandParser(tokens.dropFirst())
            operands = try parser.operands()
            entry = nil
            return
        }
        let (candidates, rest) = try Self.mnemonic(tokens)
        var parser = AssemblyOperandParser(rest)
        operands = try parser.operands()
        // Forms of one mnemonic differ in the second operand.
        let takesRegister = if operands.count > 1, case .register = operands[1] { true } else { false }
        entry =
            candidates.first { ($0.operands.role(of: .src) == .register) == takesRegister } ?? candidates[0]
    }

    /// Entries that the first words name, and the tokens after them.
    private static func mnemonic(
        _ tokens: ArraySlice<AssemblyToken>
    ) throws(AssemblerError.Problem) -> ([InstructionTable.Entry], ArraySlice<AssemblyToken>) {
        guard case .word(var name) = tokens.first else {
            throw .unexpected(tokens.first?.text ?? "nothing", expected: "an instruction")
        }
        var rest = tokens.dropFirst()
        if case .word(let second) = rest.first {
            switch name {
            case "lock" where second.hasSuffix("32"):
                name = "lock32 \(second.dropLast(2))"
                rest = rest.dropFirst()
            case "lock", "lock32", "call":
                name += " " + second
                rest = rest.dropFirst()
            default: break
            }
        }
        guard let candidates = mnemonics[aliases[name] ?? name] else { throw .unknownMnemonic(name) }
        return (candidates, rest)
    }

    private static let mnemonics = Dictionary(grouping: InstructionTable.entries, by: \.mnemonic)
    private static let aliases = ["gotol": "ja32", "goto": "ja"]

    /// Slots that it takes: two for `LDDW`.
    var slots: Int { entry?.operands == .wide ? 2 : 1 }

    /// Its slots, with labels replaced by distances.
    func encode(labels: [String: Int]) throws(AssemblerError.Problem) -> [Instruction] {
        guard let entry else {
            guard operands.count == 1, case .number(let number) = operands[0] else { throw misused }
            return [Instruction(wire: UInt64(bitPattern: try number.fit(bits: 64)))]
        }
        var insn = Instruction(opcode: entry.opcode)
        switch (entry.operands, operands.count) {
        case (.none, 0): break
        case (.unary, 1), (.callReg, 1):
            insn.dst = try register(0)
        case (.aluImm, 2):
            insn.dst = try register(0)
            insn.imm = try imm(1)
        case (.aluReg, 2):
            insn.dst = try register(0)
            insn.src = try register(1)
        case (.jumpImm, 3):
            insn.dst = try register(0)
            insn.imm = try imm(1)
            insn.offset = try offset(2, labels)
        case (.jumpReg, 3):
            insn.dst = try register(0)
            insn.src = try register(1)
            insn.offset = try offset(2, labels)
        case (.jump, 1):
            insn.offset = try offset(0, labels)
        case (.jumpLong, 1), (.callLocal, 1):
            insn.imm = try target(0, labels)
        case (.callHelper, 1), (.callKfunc, 1), (.packetAbsolute, 1):
            insn.imm = try imm(0)
        case (.callKfunc, 2):
            insn.imm = try imm(0)
            guard case .number(let number) = operands[1] else { throw misused }
            insn.offset = Int16(try number.fit(bits: 16, signedOnly: true))
        case (.load, 2):
            insn.dst = try register(0)
            (insn.src, insn.offset) = try memory(1)
        case (.storeImm, 2):
            (insn.dst, insn.offset) = try memory(0)
            insn.imm = try imm(1)
        case (.storeReg, 2), (.atomic, 2):
            (insn.dst, insn.offset) = try memory(0)
            insn.src = try register(1)
        case (.packetIndirect, 2):
            insn.src = try register(0)
            insn.imm = try imm(1)
        case (.wide, 2):
            insn.dst = try register(0)
            return try wide(insn, labels)
        default: throw misused
        }
        if let selector = entry.selector { insn.set(selector.field, to: selector.value) }
        return [insn]
    }

    private func wide(
        _ first: Instruction, _ labels: [String: Int]
    ) throws(AssemblerError.Problem) -> [Instruction] {
        var insn = first
        var second = Instruction(opcode: 0)
        switch operands[1] {
        case .number(let number):
            let value = try number.fit(bits: 64)
            insn.imm = Int32(truncatingIfNeeded: value)
            second.imm = Int32(truncatingIfNeeded: value >> 32)
        case .wide(let source, let index, let offset):
            insn.src = source.rawValue
            insn.imm = Int32(try index.fit(bits: 32))
            second.imm = Int32(try offset.fit(bits: 32))
        case .function(let label):
            insn.src = WideSource.function.rawValue
            insn.imm = try distance(label, labels)
        case .register, .memory, .label: throw misused
        }
        return [insn, second]
    }

    private func register(_ index: Int) throws(AssemblerError.Problem) -> UInt8 {
        guard case .register(let register) = operands[index] else { throw misused }
        return register
    }

    private func imm(_ index: Int) throws(AssemblerError.Problem) -> Int32 {
        guard case .number(let number) = operands[index] else { throw misused }
        return Int32(try number.fit(bits: 32))
    }

    private func memory(_ index: Int) throws(AssemblerError.Problem) -> (UInt8, Int16) {
        guard case .memory(let base, let offset) = operands[index] else { throw misused }
        return (base, Int16(try offset.fit(bits: 16, signedOnly: true)))
    }

    private func offset(_ index: Int, _ labels: [String: Int]) throws(AssemblerError.Problem) -> Int16 {
        switch operands[index] {
        case .number(let number): return Int16(try number.fit(bits: 16, signedOnly: true))
        case .label(let label):
            let distance = try distance(label, labels)
            guard let offset = Int16(exactly: distance) else { throw .tooFar(label: label, distance: Int(distance)) }
            return offset
        default: throw misused
        }
    }

    private func target(_ index: Int, _ labels: [String: Int]) throws(AssemblerError.Problem) -> Int32 {
        switch operands[index] {
        case .number(let number): return Int32(try number.fit(bits: 32, signedOnly: true))
        case .label(let label): return try distance(label, labels)
        default: throw misused
        }
    }

    /// Slots from the one after this to the label.
    private func distance(_ label: String, _ labels: [String: Int]) throws(AssemblerError.Problem) -> Int32 {
        guard let target = labels[label] else { throw .unknownLabel(label) }
        return Int32(target - slot - 1)
    }

    private var misused: AssemblerError.Problem { .badOperands(usage: entry?.usage ?? ".quad number") }
}

extension InstructionTable.Entry {
    /// How the instruction is written, as in `add dst, src`.
    var usage: String {
        switch operands {
        case .none: mnemonic
        case .unary, .callReg: "\(mnemonic) dst"
        case .aluImm, .aluReg:
            mnemonic.hasPrefix("movsx") ? "\(mnemonic) dst, src" : "\(mnemonic) dst, src or \(mnemonic) dst, imm"
        case .jumpImm, .jumpReg: "\(mnemonic) dst, src, label or \(mnemonic) dst, imm, label"
        case .jump, .jumpLong, .callLocal: "\(mnemonic) label"
        case .callHelper, .packetAbsolute: "\(mnemonic) imm"
        case .callKfunc: "\(mnemonic) imm, offset"
        case .load: "\(mnemonic) dst, [src+offset]"
        case .storeImm: "\(mnemonic) [dst+offset], imm"
        case .storeReg, .atomic: "\(mnemonic) [dst+offset], src"
        case .packetIndirect: "\(mnemonic) src, imm"
        case .wide: "\(mnemonic) dst, imm64"
        }
    }
}
