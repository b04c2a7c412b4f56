import Maps

// Lookups in hash maps, and updates of what is there: a look at the first slot with the key's tag in its home bucket, as
// `HashLookupLayout` says. Where that does not tell, the map's function does, out of line.
extension X86Compiler {
    static func hashLookups(_ features: ProcessorFeatures) -> NativeOptimizer.HashLookups {
        features.isSuperset(of: [.crc32, .avx2]) ? .all : features.contains(.crc32) ? .plain : .none
    }

    mutating func writeHashLookup(_ step: NativeStep, _ index: Int) {
        let done = assembler.label()
        let null = assembler.label()
        payHashLookup(.mapLookupElem, step, index)
        writeHashLookup(step, to: .register(.rax), null: null)
        nullExits.append(NullExit(label: null, next: done))
        assembler.bind(done)
    }

    /// Before, so that its result may lead somewhere at once.
    private mutating func payHashLookup(_ helper: Helper, _ step: NativeStep, _ index: Int) {
        payHelper(fuel.cost(helper, map: core.pointee.maps[hashLookups[Int(step.imm)].map]), index)
    }

    /// An update; r0 is its result.
    mutating func writeHashUpdate(_ step: NativeStep, _ index: Int) {
        writeHashLookup(step, to: .update, null: nextLabel)
        if flow.liveAfter(index) & 1 != 0 { assembler.mov(.rax, 0) }
        let done = assembler.label()
        assembler.bind(done)
        hashLookupExits[hashLookupExits.count - 1].found = done
        payHashLookup(.mapUpdateElem, step, index)
    }

    /// A lookup and the comparison of its result with 0. Gives the last step; nil where none follows.
    mutating func fuseHashLookup(_ step: NativeStep, _ index: Int) -> Int? {
        guard let comparison = nullComparison(after: index) else { return nil }
        payHashLookup(.mapLookupElem, step, index)
        let null = nullLabel(comparison)
        if comparison.isNullTaken, let load = following(comparison.index), let loaded = onlyLoad(load, comparison) {
            writeHashLookup(step, to: .load(loaded, base: .rax, displacement: 0), null: null)
            if let value = comparison.value, flow.liveAfter(load) & ~loaded.registers.writes & 1 != 0 {
                assembler.mov(.rax, value)
            }
            return load
        }
        writeHashLookup(step, to: .register(register(comparison.result)), null: null)
        if !comparison.isNullTaken, deferBlock(after: comparison.index, until: comparison.target) {
            if let value = comparison.value, flow.liveBefore[comparison.target] & 1 != 0 {
                assembler.mov(.rax, value)
            }
            return comparison.target - 1
        }
        return writeFound(comparison)
    }

    /// The step, where it loads from a lookup's result, which nothing else needs.
    private func onlyLoad(_ index: Int, _ comparison: NullComparison) -> NativeStep? {
        let step = steps[index]
        guard step.form == .plain, step.operation.loadWidth != nil, step.src == comparison.result,
            step.dst == step.src || flow.liveAfter(index) & 1 << RegisterSet(step.src) == 0
        else { return nil }
        return step
    }

    private static let mostDeferred = 16

    /// Has the steps between written behind the program, where nothing goes on from them to what follows: so that
    /// nothing jumps over them.
    private mutating func deferBlock(after comparison: Int, until target: Int) -> Bool {
        let last = steps[target - 1]
        guard target - 1 > comparison, target - comparison <= Self.mostDeferred, last.form == .plain, last.endsBlock,
            !flow.hasCallx, target < writtenRange.upperBound
        else { return false }
        deferredBlocks.append(comparison + 1..<target)
        return true
    }

    /// Goes on with the value's address, or to `null`.
    private mutating func writeHashLookup(_ step: NativeStep, to result: HashResult, null: X86Assembler.Label) {
        let lookup = hashLookups[Int(step.imm)]
        let layout = lookup.layout
        var exit = HashLookupExit(
            lookup: Int(step.imm), absent: assembler.label(), unsure: assembler.label(), found: assembler.label(),
            result: result, null: null)
        let constants = constants(of: lookup)
        let hasTwoWords = layout.keySize > 8
        let key = loadKey(lookup)
        writeProduct(of: key, constants, hasTwoWords: hasTwoWords)
        var place = writeFirstSlot(lookup, constants, absent: exit.absent, keepsVersion: hasTwoWords)
        assembler.alu(.cmp, .bits64, key, place)
        assembler.jump(.notEqual, exit.unsure)
        if hasTwoWords {
            place.displacement += 8
            assembler.alu(.cmp, .bits64, HashRegister.high, place)
            assembler.jump(.notEqual, exit.unsure)
            place.displacement -= 8
            // Nobody has written there meanwhile.
            assembler.alu(
                .cmp, .bits32, .rdx, X86Address(HashRegister.bucket, Int32(HashLookupLayout.version)))
            assembler.jump(.notEqual, exit.unsure)
        }
        if layout.isLRU { writeReference() }
        if let perCPU = layout.perCPU {
            // rax is 8 times the slot's number here: keys are of one word or two.
            place = X86Address(HashRegister.values, index: .rax, scale: scaleIndex(by: perCPU.valueStride / 8))
        } else {
            place.displacement += Int32(layout.valueOffset)
        }
        switch result {
        case .register(let register):
            assembler.lea(.bits64, register, place)
            assembler.bind(exit.found)
        case .load(let load, _, _):
            exit.result = .load(load, base: place.base, displacement: place.displacement)
            assembler.bind(exit.found)
            place.displacement += load.offset
            assembler.load(load.operation.loadSize, register(load.dst), place)
        case .update: writeValue(lookup, to: place)
        }
        hashLookupExits.append(exit)
    }

    private mutating func writeValue(_ lookup: NativeOptimizer.HashLookup, to place: X86Address) {
        guard let update = lookup.update else { return }
        let width = X86Width(bytes: update.bytes)
        if let number = update.register {
            assembler.store(width, place, register(number))
        } else {
            assembler.load(width, HashRegister.low, X86Address(.rbp, update.stackOffset))
            assembler.store(width, place, HashRegister.low)
        }
    }
}
