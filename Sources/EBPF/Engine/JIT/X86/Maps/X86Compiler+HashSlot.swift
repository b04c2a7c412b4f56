import Maps

/// What registers hold during a lookup in a hash map, beside rax and rdx.
enum HashRegister {
    /// The key's words.
    static let low = X86Compiler.scratch
    static let high = X86Compiler.scratch2
    static let bucket = X86Register.rcx
    /// The key's tag in every byte, without vectors; then the slots that have it.
    static let tags = X86Register.r8
    /// Of a per-CPU map: where this worker has the values of the bucket's elements.
    static let values = X86Register.r8
    /// The slot's number, in an LRU map: what r1 was is of no use any more.
    static let number = X86Register.rdi
}

// The parts of a lookup in a hash map: key, product, bucket, slot.
extension X86Compiler {
    private static let everyByte: UInt64 = 0x0101_0101_0101_0101

    // MARK: The key

    /// Gives the register with the low word.
    mutating func loadKey(_ lookup: NativeOptimizer.HashLookup) -> X86Register {
        if lookup.layout.keySize == 8, lookup.pieces.count == 1, let number = lookup.pieces[0].register,
            number == 2 || number > 5
        {
            // Nothing of a lookup changes these.
            return register(number)
        }
        let base = lookup.stackOffset.map { X86Address(.rbp, $0) } ?? X86Address(register(2))
        for piece in lookup.pieces {
            let word = piece.offset < 8 ? HashRegister.low : HashRegister.high
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
        return HashRegister.low
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
    struct HashConstants {
        var first: X86Assembler.Label

        private func constant(_ index: Int32) -> X86Address {
            X86Address(X86Assembler.Label(number: first.number + index))
        }

        var multiplier: X86Address { constant(0) }
        var base: X86Address { constant(1) }
        var buckets: X86Address { constant(2) }
    }

    mutating func constants(of lookup: NativeOptimizer.HashLookup) -> HashConstants {
        if hashConstants.isEmpty {
            hashConstants = [X86Assembler.Label?](repeating: nil, count: core.pointee.mapCount)
        }
        if let first = hashConstants[lookup.map] { return HashConstants(first: first) }
        let layout = lookup.layout
        let first = assembler.constants(layout.multiplier, UInt64(layout.base), layout.buckets)
        hashConstants[lookup.map] = first
        return HashConstants(first: first)
    }

    /// The product from which all comes: its high half into the bucket's register, the low one into rax.
    mutating func writeProduct(of key: X86Register, _ constants: HashConstants, hasTwoWords: Bool) {
        multiply(key, constants)
        guard hasTwoWords else { return }
        assembler.alu(.xor, .bits64, .rax, HashRegister.bucket)
        assembler.alu(.xor, .bits64, .rax, HashRegister.high)
        multiply(.rax, constants)
    }

    private mutating func multiply(_ word: X86Register, _ constants: HashConstants) {
        if source.features.contains(.bmi2) {
            assembler.mov(.bits64, .rdx, word)
            assembler.mulx(high: HashRegister.bucket, low: .rax, constants.multiplier)
        } else {
            if word != .rax { assembler.mov(.bits64, .rax, word) }
            assembler.mul(constants.multiplier)
            assembler.mov(.bits64, HashRegister.bucket, .rdx)
        }
    }

    /// The bucket's address, from the product.
    private mutating func writeBucket(_ lookup: NativeOptimizer.HashLookup, _ constants: HashConstants) {
        let layout = lookup.layout
        assembler.crc32(HashRegister.bucket, .rax)
        let stride = layout.bucketStride
        if layout.placeMask != 0 {
            assembler.alu(.and, .bits32, HashRegister.bucket, Int32(truncatingIfNeeded: layout.placeMask))
            if layout.perCPU != nil {
                assembler.mov(.bits32, HashRegister.values, HashRegister.bucket)
                assembler.shift(.shr, .bits32, HashRegister.values, by: UInt8(stride.trailingZeroBitCount))
            }
        } else {
            assembler.imul(.bits64, HashRegister.bucket, constants.buckets)
            assembler.shift(.shr, .bits64, HashRegister.bucket, by: 32)
            if layout.perCPU != nil { assembler.mov(.bits64, HashRegister.values, HashRegister.bucket) }
            if stride & (stride - 1) == 0 {
                assembler.shift(.shl, .bits64, HashRegister.bucket, by: UInt8(stride.trailingZeroBitCount))
            } else {
                assembler.imul(.bits64, HashRegister.bucket, HashRegister.bucket, Int32(stride))
            }
        }
        assembler.alu(.add, .bits64, HashRegister.bucket, constants.base)
        if let perCPU = layout.perCPU { writeValues(perCPU, map: lookup.map) }
    }

    /// Where the worker has the values of the bucket, whose number is there: fetched together with the bucket.
    private mutating func writeValues(_ perCPU: HashLookupLayout.PerCPU, map: Int) {
        let bases = NativeLayout.State.bases + Int32(map * MemoryLayout<UInt>.stride)
        let stride = Int32(truncatingIfNeeded: perCPU.bucketValueStride)
        assembler.imul(.bits64, HashRegister.values, HashRegister.values, stride)
        assembler.alu(.add, .bits64, HashRegister.values, X86Address(Self.state, bases))
        assembler.prefetch(X86Address(HashRegister.values))
    }

    // MARK: The slot

    /// The key of the first slot with the key's tag, from the product. `keepsVersion`: the bucket's version stays in rdx.
    mutating func writeFirstSlot(
        _ lookup: NativeOptimizer.HashLookup, _ constants: HashConstants, absent: X86Assembler.Label, keepsVersion: Bool
    ) -> X86Address {
        let hasVectors = source.features.contains(.avx2)
        if hasVectors {
            assembler.vmovd(from: HashRegister.bucket)
        } else {
            assembler.mov(.bits32, HashRegister.tags, HashRegister.bucket)
            assembler.alu(.or, .bits32, HashRegister.tags, 0x80)
            assembler.extendZero(.bits8, HashRegister.tags, HashRegister.tags)
        }
        writeBucket(lookup, constants)
        if keepsVersion {
            assembler.load(.bits32, .rdx, X86Address(HashRegister.bucket, Int32(HashLookupLayout.version)))
        }
        if hasVectors { findTagByVectors() } else { findTag() }
        assembler.jump(hasVectors ? .below : .equal, absent)
        if !hasVectors { assembler.trailingZeros(.bits64, .rax, HashRegister.tags) }
        if lookup.layout.isLRU { assembler.mov(.bits32, HashRegister.number, .rax) }
        // Byte i begins at bit 8 * i, and its high bit is bit 8 * i + 7. A stride is a multiple of 8.
        let words = lookup.layout.slotStride / 8
        let scale = scaleIndex(by: words)
        let first = HashLookupLayout.firstSlot - (hasVectors ? 0 : 7 * words)
        return X86Address(HashRegister.bucket, index: .rax, scale: scale, Int32(first))
    }

    /// Multiplies rax by what addressing does not; gives what that does.
    mutating func scaleIndex(by words: Int) -> UInt8 {
        if words == 1 || words == 2 || words == 4 || words == 8 { return UInt8(words) }
        assembler.imul(.bits64, .rax, .rax, Int32(truncatingIfNeeded: words))
        return 1
    }

    /// Leaves the first bit of the first equal byte in rax, and in the carry flag whether there is none.
    private mutating func findTagByVectors() {
        assembler.vpbroadcastb()
        assembler.vpor(X86Address(tagBitsLabel()))
        assembler.vpcmpeqb(X86Address(HashRegister.bucket))
        assembler.vmovq(to: .rax)
        assembler.trailingZeros(.bits64, .rax, .rax)
    }

    /// Leaves the high bits of equal bytes, and the flags of that. As in `HashTable.candidates`, but that tags have their
    /// high bit set.
    private mutating func findTag() {
        // r1 is of no use any more.
        let everyByte = register(1)
        assembler.mov(everyByte, Int64(bitPattern: Self.everyByte))
        assembler.imul(.bits64, HashRegister.tags, everyByte)
        assembler.load(.bits64, .rax, X86Address(HashRegister.bucket))
        assembler.alu(.xor, .bits64, HashRegister.tags, .rax)
        assembler.alu(.sub, .bits64, HashRegister.tags, everyByte)
        assembler.alu(.and, .bits64, .rax, X86Address(tagBitsLabel()))
        assembler.alu(.and, .bits64, HashRegister.tags, .rax)
    }

    private mutating func tagBitsLabel() -> X86Assembler.Label {
        if let tagBits { return tagBits }
        let label = assembler.constants(Self.everyByte << 7, Self.everyByte << 7)
        tagBits = label
        return label
    }
}
