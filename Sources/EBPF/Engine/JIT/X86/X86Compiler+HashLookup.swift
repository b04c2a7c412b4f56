import Maps

// Lookups in plain hash maps: a look at the first slot with the key's tag in its home bucket, as `HashLookupLayout`
// says. Where that does not tell, the map's function does, out of line.
extension X86Compiler {
    /// What is out of line of a lookup.
    struct HashLookupExit {
        var lookup: Int
        /// Where no slot of the home bucket has the key's tag.
        var absent: X86Assembler.Label
        var unsure: X86Assembler.Label
        /// Where to go on with the value's address, and where to go if there is none.
        var found: X86Assembler.Label
        var result: Result
        var null: X86Assembler.Label
    }

    /// What becomes of a value's address.
    enum Result {
        case register(X86Register)
        /// The step loads from it, which is its only use: it is the bucket's register and rax, and this.
        case load(NativeStep, displacement: Int32)
    }

    private static let everyByte: UInt64 = 0x0101_0101_0101_0101
    private static let low = scratch
    private static let high = scratch2
    private static let bucket = X86Register.rcx
    /// The key's tag in every byte; then the slots that have it.
    private static let tags = X86Register.r8

    mutating func writeHashLookup(_ step: NativeStep, _ index: Int) {
        let done = assembler.label()
        let null = assembler.label()
        writeHashLookup(step, to: .register(.rax), null: null)
        nullExits.append(NullExit(label: null, next: done))
        assembler.bind(done)
        let map = core.pointee.maps[hashLookups[Int(step.imm)].map]
        payHelper(fuel.cost(.mapLookupElem, map: map), index)
    }

    /// A lookup and the comparison of its result with 0. Gives the last step; nil where none follows.
    mutating func fuseHashLookup(_ step: NativeStep, _ index: Int) -> Int? {
        guard let comparison = nullComparison(after: index) else { return nil }
        let null = nullLabel(comparison)
        if comparison.isNullTaken, let load = following(comparison.index), let loaded = onlyLoad(load, comparison) {
            writeHashLookup(step, to: .load(loaded, displacement: 0), null: null)
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
    private mutating func writeHashLookup(_ step: NativeStep, to result: Result, null: X86Assembler.Label) {
        let lookup = hashLookups[Int(step.imm)]
        let layout = lookup.layout
        var exit = HashLookupExit(
            lookup: Int(step.imm), absent: assembler.label(), unsure: assembler.label(), found: assembler.label(),
            result: result, null: null)
        let constants = constants(of: lookup)
        let hasTwoWords = layout.keySize > 8
        let key = loadKey(lookup)
        writeHash(of: key, constants, hasTwoWords: hasTwoWords)
        var place = writeFirstSlot(layout, constants, absent: exit.absent, keepsVersion: hasTwoWords)
        assembler.alu(.cmp, .bits64, key, place)
        assembler.jump(.notEqual, exit.unsure)
        if hasTwoWords {
            place.displacement += 8
            assembler.alu(.cmp, .bits64, Self.high, place)
            assembler.jump(.notEqual, exit.unsure)
            place.displacement -= 8
            // Nobody has written there meanwhile.
            assembler.alu(
                .cmp, .bits32, .rdx, X86Address(Self.bucket, Int32(HashLookupLayout.version)))
            assembler.jump(.notEqual, exit.unsure)
        }
        place.displacement += Int32(layout.valueOffset)
        switch result {
        case .register(let register):
            assembler.lea(.bits64, register, place)
            assembler.bind(exit.found)
        case .load(let load, _):
            exit.result = .load(load, displacement: place.displacement)
            assembler.bind(exit.found)
            place.displacement += load.offset
            assembler.load(load.operation.loadSize, register(load.dst), place)
        }
        hashLookupExits.append(exit)
    }

    // MARK: The key

    /// Gives the register with the low word.
    private mutating func loadKey(_ lookup: NativeOptimizer.HashLookup) -> X86Register {
        if lookup.layout.keySize == 8, lookup.pieces.count == 1, let number = lookup.pieces[0].register,
            number == 2 || number > 5
        {
            // Nothing of a lookup changes these.
            return register(number)
        }
        let base = lookup.stackOffset.map { X86Address(.rbp, $0) } ?? X86Address(register(2))
        for piece in lookup.pieces {
            let word = piece.offset < 8 ? Self.low : Self.high
            let shift = UInt8(piece.offset % 8 * 8)
            let part = shift == 0 ? word : .rax
            let width = X86Width(bytes: piece.bytes)
            if let number = piece.register {
                move(width, part, register(number))
            } else {
                var place = base
                place.displacement += Int32(piece.offset)
                assembler.load(width, part, place)
            }
            guard shift != 0 else { continue }
            assembler.shift(.shl, .bits64, part, by: shift)
            assembler.alu(.or, .bits64, word, part)
        }
        return Self.low
    }

    /// Zero-extends.
    private mutating func move(_ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        switch width {
        case .bits8, .bits16: assembler.extendZero(width, dst, src)
        case .bits32, .bits64: assembler.mov(width, dst, src)
        }
    }

    // MARK: The hash

    /// A map's constants, behind the code: one load each instead of an immediate of 8 bytes.
    private struct Constants {
        var first: X86Assembler.Label

        private func constant(_ index: Int32) -> X86Address {
            X86Address(X86Assembler.Label(number: first.number + index))
        }

        var start: X86Address { constant(0) }
        var inner: X86Address { constant(1) }
        var outer: X86Address { constant(2) }
        var buckets: X86Address { constant(3) }
        var base: X86Address { constant(4) }
    }

    private mutating func constants(of lookup: NativeOptimizer.HashLookup) -> Constants {
        if hashConstants.isEmpty {
            hashConstants = [X86Assembler.Label?](repeating: nil, count: core.pointee.mapCount)
        }
        if let first = hashConstants[lookup.map] { return Constants(first: first) }
        let layout = lookup.layout
        let first = assembler.constants(
            layout.start, layout.inner, layout.outer, layout.buckets, UInt64(layout.base))
        hashConstants[lookup.map] = first
        return Constants(first: first)
    }

    /// Into rdx.
    private mutating func writeHash(of key: X86Register, _ constants: Constants, hasTwoWords: Bool) {
        assembler.mov(.bits64, .rax, key)
        assembler.alu(.xor, .bits64, .rax, constants.start)
        assembler.mul(constants.inner)
        if hasTwoWords {
            assembler.alu(.xor, .bits64, .rax, .rdx)
            assembler.alu(.xor, .bits64, .rax, Self.high)
            assembler.mul(constants.inner)
        }
        assembler.alu(.xor, .bits64, .rdx, .rax)
    }

    /// The bucket's address, from the hash in rdx.
    private mutating func writeBucket(_ layout: HashLookupLayout, _ constants: Constants) {
        assembler.imul(.bits64, .rdx, constants.outer)
        let buckets = layout.buckets
        if buckets > 1, buckets & (buckets - 1) == 0 {
            assembler.mov(.bits64, Self.bucket, .rdx)
            assembler.shift(.shr, .bits64, Self.bucket, by: UInt8(64 - buckets.trailingZeroBitCount))
        } else if source.features.contains(.bmi2) {
            assembler.mulx(high: Self.bucket, low: .rax, constants.buckets)
        } else {
            assembler.mov(.bits64, .rax, .rdx)
            assembler.mul(constants.buckets)
            assembler.mov(.bits64, Self.bucket, .rdx)
        }
        let stride = layout.bucketStride
        if stride & (stride - 1) == 0 {
            assembler.shift(.shl, .bits64, Self.bucket, by: UInt8(stride.trailingZeroBitCount))
        } else {
            assembler.imul(.bits64, Self.bucket, Self.bucket, Int32(stride))
        }
        assembler.alu(.add, .bits64, Self.bucket, constants.base)
    }

    // MARK: The slot

    /// The key of the first slot with the key's tag, whose hash is in rdx. `keepsVersion`: the bucket's version stays in
    /// rdx.
    private mutating func writeFirstSlot(
        _ layout: HashLookupLayout, _ constants: Constants, absent: X86Assembler.Label, keepsVersion: Bool
    ) -> X86Address {
        let hasVectors = source.features.contains(.avx2)
        if hasVectors {
            assembler.vmovd(from: .rdx)
        } else {
            assembler.mov(.bits32, Self.tags, .rdx)
            assembler.alu(.or, .bits32, Self.tags, 0x80)
            assembler.extendZero(.bits8, Self.tags, Self.tags)
        }
        writeBucket(layout, constants)
        if keepsVersion { assembler.load(.bits32, .rdx, X86Address(Self.bucket, Int32(HashLookupLayout.version))) }
        if hasVectors { findTagByVectors() } else { findTag() }
        assembler.jump(hasVectors ? .below : .equal, absent)
        if !hasVectors { assembler.trailingZeros(.bits64, .rax, Self.tags) }
        // Byte i begins at bit 8 * i, and its high bit is bit 8 * i + 7. A stride is a multiple of 8.
        let words = layout.slotStride / 8
        let isScale = words == 1 || words == 2 || words == 4 || words == 8
        if !isScale { assembler.imul(.bits64, .rax, .rax, Int32(words)) }
        return X86Address(
            Self.bucket, index: .rax, scale: isScale ? UInt8(words) : 1,
            Int32(HashLookupLayout.firstSlot - (hasVectors ? 0 : 7 * words)))
    }

    /// Leaves the first bit of the first equal byte in rax, and in the carry flag whether there is none.
    private mutating func findTagByVectors() {
        assembler.vpbroadcastb()
        assembler.vpor(X86Address(tagBitsLabel()))
        assembler.vpcmpeqb(X86Address(Self.bucket))
        assembler.vmovq(to: .rax)
        assembler.trailingZeros(.bits64, .rax, .rax)
    }

    /// Leaves the high bits of equal bytes, and the flags of that. As in `HashTable.candidates`, but that tags have their
    /// high bit set.
    private mutating func findTag() {
        // r1 is of no use any more.
        let everyByte = register(1)
        assembler.mov(everyByte, Int64(bitPattern: Self.everyByte))
        assembler.imul(.bits64, Self.tags, everyByte)
        assembler.load(.bits64, .rax, X86Address(Self.bucket))
        assembler.alu(.xor, .bits64, Self.tags, .rax)
        assembler.alu(.sub, .bits64, Self.tags, everyByte)
        assembler.alu(.and, .bits64, .rax, X86Address(tagBitsLabel()))
        assembler.alu(.and, .bits64, Self.tags, .rax)
    }

    private mutating func tagBitsLabel() -> X86Assembler.Label {
        if let tagBits { return tagBits }
        let label = assembler.constants(Self.everyByte << 7, Self.everyByte << 7)
        tagBits = label
        return label
    }

    mutating func writeHashLookupExits() {
        for exit in hashLookupExits {
            let lookup = hashLookups[exit.lookup]
            assembler.bind(exit.absent)
            assembler.alu(.cmp, .bits32, X86Address(Self.bucket, Int32(HashLookupLayout.overflow)), 0)
            assembler.jump(.equal, exit.null)
            assembler.bind(exit.unsure)
            if let offset = lookup.stackOffset { assembler.lea(.bits64, register(2), X86Address(.rbp, offset)) }
            call(.mapLookupElem, of: core.pointee.maps[lookup.map])
            assembler.test(.bits64, .rax, .rax)
            assembler.jump(.equal, exit.null)
            switch exit.result {
            case .register(.rax): break
            case .register(let register): assembler.mov(.bits64, register, .rax)
            case .load(_, let displacement):
                assembler.lea(.bits64, Self.bucket, X86Address(.rax, -displacement))
                assembler.mov(.rax, 0)
            }
            assembler.jump(exit.found)
        }
    }
}
