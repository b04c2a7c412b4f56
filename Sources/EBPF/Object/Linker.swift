import ISA

/// Puts an entry function and all that it reaches into one run of instructions, and resolves what they refer to.
struct Linker {
    let elf: ELFFile
    let table: FunctionTable
    let lines: LineInfo
    let targets: Targets
    /// Each section of code, decoded once.
    private let code: [Int: [Instruction]]
    /// Instructions that may still be linked. Functions are copied into each program that reaches them.
    private var budget = 1 << 20
    /// Of the program that is being linked.
    private var unresolvedCalls: [Int: String] = [:]

    /// What data a relocation can refer to.
    struct Targets {
        /// Index of the map that is declared at a place.
        var maps: [FunctionTable.Place: Int] = [:]
        /// Index of the map that a data section became, and its bytes.
        var data: [Int: (map: Int, size: Int)] = [:]
        /// The map of the kernel's configuration, and where its variables are.
        var configuration: (map: Int, offsets: [String: Int])?
    }

    init(elf: ELFFile, table: FunctionTable, lines: LineInfo, targets: Targets) throws(ObjectError) {
        self.elf = elf
        self.table = table
        self.lines = lines
        self.targets = targets
        var code: [Int: [Instruction]] = [:]
        for section in elf.sections where section.isCode && section.size > 0 {
            try Self.checkRelocations(elf, section)
            let view = try elf.content(section)
            var instructions: [Instruction] = []
            instructions.reserveCapacity(view.count / Instruction.size)
            for offset in stride(from: 0, to: view.count, by: Instruction.size) {
                let registers = try view.u8(offset + 1)
                instructions.append(
                    Instruction(
                        opcode: try view.u8(offset), dst: registers & 0xf, src: registers >> 4,
                        offset: Int16(bitPattern: try view.u16(offset + 2)),
                        imm: Int32(bitPattern: try view.u32(offset + 4))))
            }
            code[section.index] = instructions
        }
        self.code = code
    }

    /// At most one for an instruction, at its start.
    private static func checkRelocations(_ elf: ELFFile, _ section: ELFFile.Section) throws(ObjectError) {
        var last = -1
        for relocation in elf.relocations[section.index] ?? [] {
            guard relocation.offset % Instruction.size == 0, relocation.offset > last else {
                throw ObjectError(
                    .malformed, section: section.name, offset: relocation.offset,
                    "a second relocation of an instruction, or one within it")
            }
            last = relocation.offset
        }
    }

    /// The program whose entry is function `entry`.
    mutating func link(entry: Int) throws(ObjectError) -> ObjectProgram {
        unresolvedCalls = [:]
        var placed: [Int: Int] = [:]
        var order = [entry]
        var linked: [Instruction] = []
        var fixups: [(slot: Int, function: Int)] = []
        var source: [ObjectProgram.SourceLine] = []
        placed[entry] = 0
        var next = 0
        while next < order.count {
            let function = table.functions[order[next]]
            budget -= function.size / Instruction.size
            guard budget >= 0 else {
                throw ObjectError(
                    .tooLarge, section: elf.sections[function.section].name, offset: function.offset,
                    "programs of more than a million instructions in all")
            }
            placed[order[next]] = linked.count
            appendLines(of: function, at: linked.count, to: &source)
            for (slot, target) in try append(function, to: &linked) {
                fixups.append((slot, target))
                if placed[target] == nil {
                    placed[target] = 0
                    order.append(target)
                }
            }
            next += 1
        }
        for (slot, function) in fixups {
            linked[slot].imm = Int32(truncatingIfNeeded: (placed[function] ?? 0) - slot - 1)
        }
        let function = table.functions[entry]
        let section = elf.sections[function.section].name
        var program = ObjectProgram(
            name: function.name, section: section, type: ProgramType(section: section), instructions: linked,
            functions: order.map {
                ObjectProgram.Function(name: table.functions[$0].name, start: placed[$0] ?? 0)
            }, lines: source)
        program.attachPoint = XDPAttachPoint(section: section)
        program.unresolvedCalls = unresolvedCalls
        return program
    }

    private func appendLines(
        of function: FunctionTable.Function, at start: Int, to lines: inout [ObjectProgram.SourceLine]
    ) {
        guard let records = self.lines.records[elf.sections[function.section].name] else { return }
        let end = function.offset + function.size
        // The first record at or after the function's first byte.
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < function.offset { low = middle + 1 } else { high = middle }
        }
        for record in records[low...].prefix(while: { $0.offset < end }) where record.offset % Instruction.size == 0 {
            lines.append(
                ObjectProgram.SourceLine(
                    instruction: start + (record.offset - function.offset) / Instruction.size, file: record.file,
                    line: record.line, column: record.column, text: record.text))
        }
    }

    /// Copies a function and resolves its relocations. The result: slots that refer to functions, and to which.
    private mutating func append(
        _ function: FunctionTable.Function, to linked: inout [Instruction]
    ) throws(ObjectError) -> [(slot: Int, function: Int)] {
        guard let instructions = code[function.section] else { return [] }
        let first = function.offset / Instruction.size
        let end = first + function.size / Instruction.size
        var references: [(slot: Int, function: Int)] = []
        var relocations = relocationCursor(function)
        let absences = lines.absences[elf.sections[function.section].name] ?? []
        let start = linked.count
        var index = first
        while index < end {
            let site = Site(section: elf.sections[function.section], slot: index, instruction: instructions[index])
            let relocation = relocations.take(at: index * Instruction.size)
            var instruction = instructions[index]
            if absences.contains(site.offset) { instruction.imm = 0 }
            if instruction.isWide {
                guard index + 1 < end else {
                    throw site.refuse(.truncated, "lddw without its second half")
                }
                var upper = instructions[index + 1]
                if let relocation {
                    switch try resolve(relocation, lddw: upper, site) {
                    case .map(let map):
                        instruction.src = 1
                        instruction.imm = Int32(map)
                        upper.imm = 0
                    case .value(let map, let offset):
                        instruction.src = 2
                        instruction.imm = Int32(map)
                        upper.imm = Int32(truncatingIfNeeded: offset)
                    case .function(let target):
                        instruction.src = 4
                        upper.imm = 0
                        references.append((linked.count, target))
                    case .constant(let value):
                        instruction.imm = value
                        upper.imm = 0
                    }
                } else if instruction.src != 0 {
                    throw site.refuse(.unresolved, "lddw of kind \(instruction.src) without a relocation")
                }
                linked.append(instruction)
                linked.append(upper)
                index += 2
                continue
            }
            if instruction.opcode == 0x85 {
                switch try callee(relocation, site) {
                case .helper: break
                case .function(let target):
                    instruction.src = 1
                    references.append((linked.count, target))
                case .kernelFunction(let function):
                    instruction.src = 2
                    instruction.offset = 0
                    instruction.imm = function.rawValue
                case .nothing(let name):
                    instruction.src = 2
                    instruction.offset = 0
                    instruction.imm = 0
                    unresolvedCalls[linked.count] = name
                }
            } else if relocation != nil {
                throw site.refuse(.unsupported, "a relocation of something other than lddw and call")
            } else if let target = instruction.jumpTarget(from: index), !(first..<end).contains(target) {
                throw site.refuse(.malformed, "jumps out of function \"\(function.name)\"")
            }
            linked.append(instruction)
            index += 1
        }
        if let stray = relocations.missed {
            throw ObjectError(
                .malformed, section: elf.sections[function.section].name, offset: stray,
                "a relocation within an instruction")
        }
        assert(linked.count - start == end - first)
        return references
    }

    private func relocationCursor(_ function: FunctionTable.Function) -> RelocationCursor {
        RelocationCursor(
            elf.relocations[function.section] ?? [], from: function.offset, to: function.offset + function.size)
    }
}

/// An instruction of the object, for error messages.
struct Site {
    var section: ELFFile.Section
    /// Within the section.
    var slot: Int
    var instruction: Instruction

    var offset: Int { slot * Instruction.size }

    func refuse(_ kind: ObjectError.Kind, _ message: String) -> ObjectError {
        ObjectError(kind, section: section.name, offset: offset, message)
    }
}

/// The relocations of a function, in order.
private struct RelocationCursor {
    private let relocations: ArraySlice<ELFFile.Relocation>
    private var next: Int
    /// Offset of a relocation that no instruction began at.
    private(set) var missed: Int?

    init(_ all: [ELFFile.Relocation], from: Int, to: Int) {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].offset < from { low = middle + 1 } else { high = middle }
        }
        relocations = all[low...].prefix { $0.offset < to }
        next = low
    }

    mutating func take(at offset: Int) -> ELFFile.Relocation? {
        while next < relocations.endIndex, relocations[next].offset < offset {
            missed = missed ?? relocations[next].offset
            next += 1
        }
        guard next < relocations.endIndex, relocations[next].offset == offset else { return nil }
        defer { next += 1 }
        return relocations[next]
    }
}

extension Instruction {
    /// Where a jump within a function goes; nil for all else.
    fileprivate func jumpTarget(from index: Int) -> Int? {
        let isJump = opcode & 7 == 5
        let isJump32 = opcode & 7 == 6
        let code = opcode >> 4
        guard isJump || isJump32, code != 8, code != 9 else { return nil }
        return index + 1 + (isJump32 && code == 0 ? Int(imm) : Int(offset))
    }
}
