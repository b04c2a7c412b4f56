import ISA

extension Linker {
    /// What a 64-bit immediate stands for.
    enum Referent {
        case map(Int)
        case value(map: Int, offset: Int)
        case function(Int)
        /// Where a kernel function is, if it is anywhere.
        case constant(Int32)
    }

    /// What a call instruction calls.
    enum Callee {
        case helper
        case function(Int)
        case kernelFunction(KernelFunction)
        /// A weak symbol that is defined nowhere.
        case nothing(String)
    }

    /// `R_BPF_64_64`: the symbol's place plus the addend that the instruction holds.
    func resolve(
        _ relocation: ELFFile.Relocation, lddw upper: Instruction, _ site: Site
    ) throws(ObjectError) -> Referent {
        guard relocation.type == ELFFile.Relocation.imm64 else {
            throw site.refuse(.unsupported, "relocation type \(relocation.type) of lddw")
        }
        let symbol = elf.symbols[relocation.symbol]
        let name = elf.describe(relocation.symbol)
        if symbol.section == ELFFile.Symbol.undefined {
            if let configuration = targets.configuration, let offset = configuration.offsets[name] {
                return .value(map: configuration.map, offset: offset)
            }
            if KernelFunction(name: name) != nil { return .constant(1) }
            if symbol.binding == ELFFile.Symbol.weak { return .constant(0) }
        }
        try requireDefined(symbol, name, site)
        // Compilers put the addend into the lower half; the upper one is its sign or zero.
        guard upper.imm == 0 || (upper.imm == -1 && site.instruction.imm < 0) else {
            throw site.refuse(.unsupported, "an addend of more than 32 bits to \"\(name)\"")
        }
        let offset = try place(symbol, addend: Int(site.instruction.imm), name, site)
        let section = elf.sections[symbol.section]
        if let data = targets.data[symbol.section] {
            guard (0..<data.size).contains(offset) else {
                throw site.refuse(.malformed, "refers to byte \(offset) of \(section.name), which has \(data.size)")
            }
            return .value(map: data.map, offset: offset)
        }
        if section.isMaps {
            guard let map = targets.maps[FunctionTable.Place(section: symbol.section, offset: offset)] else {
                throw site.refuse(.unresolved, "no map at offset \(offset) of \(section.name) (\"\(name)\")")
            }
            return .map(map)
        }
        if section.isCode {
            return .function(try function(section: symbol.section, offset: offset, name, site))
        }
        throw site.refuse(.unsupported, "refers to \"\(name)\" in section \(section.name), which is no map or data")
    }

    func callee(_ relocation: ELFFile.Relocation?, _ site: Site) throws(ObjectError) -> Callee {
        // An imm of -1 is the symbol itself; a section's symbol has the function's slot, less one.
        let addend = (Int(site.instruction.imm) + 1) * Instruction.size
        guard let relocation else {
            switch site.instruction.src {
            case 0: return .helper
            case 1:
                return .function(
                    try function(
                        section: site.section.index, offset: site.offset + addend, "a function of its section", site))
            default: throw site.refuse(.unsupported, "call of kind \(site.instruction.src)")
            }
        }
        guard relocation.type == ELFFile.Relocation.call else {
            throw site.refuse(.unsupported, "relocation type \(relocation.type) of call")
        }
        let symbol = elf.symbols[relocation.symbol]
        let name = elf.describe(relocation.symbol)
        if symbol.section == ELFFile.Symbol.undefined {
            if let function = KernelFunction(name: name) { return .kernelFunction(function) }
            if symbol.binding == ELFFile.Symbol.weak { return .nothing(name) }
        }
        try requireDefined(symbol, name, site)
        let offset = try place(symbol, addend: addend, name, site)
        return .function(try function(section: symbol.section, offset: offset, name, site))
    }

    private func requireDefined(_ symbol: ELFFile.Symbol, _ name: String, _ site: Site) throws(ObjectError) {
        guard symbol.section != ELFFile.Symbol.undefined else {
            throw site.refuse(
                .unresolved,
                "\"\(name)\" is defined nowhere in the object, and Swale has no kernel function or variable of this name"
            )
        }
        guard symbol.section < elf.sections.count else {
            throw site.refuse(.unsupported, "\"\(name)\" is in no section")
        }
    }

    private func place(
        _ symbol: ELFFile.Symbol, addend: Int, _ name: String, _ site: Site
    ) throws(ObjectError) -> Int {
        let size = elf.sections[symbol.section].size
        guard let value = Int(exactly: symbol.value), value <= size else {
            throw site.refuse(.malformed, "\"\(name)\" lies beyond its section")
        }
        return value + addend
    }

    private func function(
        section: Int, offset: Int, _ name: String, _ site: Site
    ) throws(ObjectError) -> Int {
        guard let function = table.function(section: section, offset: offset) else {
            throw site.refuse(
                .unresolved, "no function begins at offset \(offset) of \(elf.sections[section].name) (\"\(name)\")")
        }
        return function
    }
}
