import ISA

/// Removes what a violation does not need.
struct Shrinker {
    /// Whether the program still shows it.
    let shows: (GeneratedProgram) -> Bool

    func shrink(_ program: GeneratedProgram) -> GeneratedProgram {
        var best = program
        var size = best.instructions.count / 2
        while size >= 1 {
            var start = 0
            var removed = false
            while start < best.instructions.count {
                if let smaller = Self.removing(start..<min(start + size, best.instructions.count), from: best),
                    shows(smaller)
                {
                    best = smaller
                    removed = true
                } else {
                    start += size
                }
            }
            if size == 1, removed { continue }
            size /= 2
        }
        return best
    }

    /// The program without these slots; jumps to them lead to what comes after. Nil where an LDDW would be torn apart.
    static func removing(_ range: Range<Int>, from program: GeneratedProgram) -> GeneratedProgram? {
        let code = program.instructions
        let second = Set(code.indices.filter { code[$0].isWide }.map { $0 + 1 })
        var range = range
        if second.contains(range.lowerBound) {
            range = range.lowerBound + 1..<max(range.upperBound, range.lowerBound + 1)
        }
        if second.contains(range.upperBound) { range = range.lowerBound..<min(range.upperBound + 1, code.count) }
        guard !range.isEmpty else { return nil }
        func moved(_ target: Int) -> Int {
            target < range.lowerBound ? target : max(target - range.count, range.lowerBound)
        }
        var output: [Instruction] = []
        for slot in code.indices where !range.contains(slot) {
            var insn = code[slot]
            let place = output.count
            switch InstructionTable.operation(of: insn) {
            case .callLocal?, .ja32?: insn.imm = Int32(moved(slot + 1 + Int(insn.imm)) - place - 1)
            case let operation? where !second.contains(slot) && operation.hasOffsetTarget:
                insn.offset = Int16(truncatingIfNeeded: moved(slot + 1 + Int(insn.offset)) - place - 1)
            default: break
            }
            output.append(insn)
        }
        guard !output.isEmpty else { return nil }
        var copy = program
        copy.instructions = output
        return copy
    }
}

extension Operation {
    fileprivate var hasOffsetTarget: Bool {
        switch InstructionTable.entry(of: self).operands {
        case .jump, .jumpImm, .jumpReg: true
        default: false
        }
    }
}
