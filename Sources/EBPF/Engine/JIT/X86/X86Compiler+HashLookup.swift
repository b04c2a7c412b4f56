import Maps

// Lookups in plain hash maps: a look at the first slot with the key's tag in its home bucket, as `HashLookupLayout`
// says. Where that does not tell, the map's function does, out of line.
extension X86Compiler {
    /// What is out of line of a lookup.
    struct HashLookupExit {
        var step: NativeStep
        /// Where no slot of the home bucket has the key's tag.
        var absent: X86Assembler.Label
        var unsure: X86Assembler.Label
        /// Where to go on with the value's address in r0, and where to go if there is none.
        var found: X86Assembler.Label
        var null: X86Assembler.Label
    }

    private static let everyByte: UInt64 = 0x0101_0101_0101_0101
    private static let key = scratch
    private static let bucket = X86Register.rcx
    /// The key's tag in every byte; then the slots that have it, as the high bits of their bytes.
    private static let tags = X86Register.r8

    /// Goes on with the value's address in r0, or to `null`. The key's address stays in r2, for the function.
    mutating func writeHashLookup(_ step: NativeStep, _ layout: HashLookupLayout, null: X86Assembler.Label) {
        let exit = HashLookupExit(
            step: step, absent: assembler.label(), unsure: assembler.label(), found: assembler.label(), null: null)
        hashLookupExits.append(exit)
        loadKey(step)
        writeHash(layout)
        writeTag()
        writeBucket(layout)
        findTag(layout)
        assembler.jump(.equal, exit.absent)

        // The high bit of byte i is bit 8 * i + 7. A stride is a multiple of 8.
        assembler.trailingZeros(.bits64, Self.tags, Self.tags)
        let words = layout.slotStride / 8
        let isScale = words == 1 || words == 2 || words == 4 || words == 8
        if !isScale { assembler.imul(.bits64, Self.tags, Self.tags, Int32(words)) }
        var place = X86Address(
            Self.bucket, index: Self.tags, scale: isScale ? UInt8(words) : 1,
            Int32(HashLookupLayout.firstSlot - 7 * words))
        assembler.alu(.cmp, .bits64, Self.key, place)
        assembler.jump(.notEqual, exit.unsure)
        place.displacement += Int32(layout.valueOffset)
        assembler.lea(.bits64, .rax, place)
        assembler.bind(exit.found)
    }

    private mutating func loadKey(_ step: NativeStep) {
        let width: X86Width = map(step).keySize == 8 ? .bits64 : .bits32
        switch step.src {
        case 11: break
        case 2: assembler.load(width, Self.key, X86Address(register(2)))
        default: assembler.mov(width, Self.key, register(step.src))
        }
    }

    /// Into rax.
    private mutating func writeHash(_ layout: HashLookupLayout) {
        load(.rax, layout.start)
        assembler.alu(.xor, .bits64, .rax, Self.key)
        for factor in [layout.inner, layout.outer] {
            load(Self.bucket, factor)
            assembler.unary(.mul, .bits64, Self.bucket)
            assembler.alu(.xor, .bits64, .rax, .rdx)
        }
    }

    private mutating func writeTag() {
        assembler.mov(.bits32, Self.tags, .rax)
        assembler.alu(.or, .bits32, Self.tags, 0x80)
        assembler.extendZero(.bits8, Self.tags, Self.tags)
        load(Self.scratch2, Self.everyByte)
        assembler.imul(.bits64, Self.tags, Self.scratch2)
    }

    private mutating func writeBucket(_ layout: HashLookupLayout) {
        load(Self.bucket, layout.buckets)
        assembler.unary(.mul, .bits64, Self.bucket)
        let stride = layout.bucketStride
        if stride & (stride - 1) == 0 {
            assembler.shift(.shl, .bits64, .rdx, by: UInt8(stride.trailingZeroBitCount))
        } else {
            assembler.imul(.bits64, .rdx, .rdx, Int32(stride))
        }
        load(Self.bucket, UInt64(layout.base))
        assembler.alu(.add, .bits64, Self.bucket, .rdx)
    }

    /// Leaves the flags of what it has found. As in `HashTable.candidates`, but that tags have their high bit set.
    private mutating func findTag(_ layout: HashLookupLayout) {
        assembler.load(.bits64, .rdx, X86Address(Self.bucket))
        load(.rax, (Self.everyByte << 7) >> UInt64(64 - 8 * layout.width))
        assembler.alu(.xor, .bits64, Self.tags, .rdx)
        assembler.alu(.and, .bits64, .rdx, .rax)
        assembler.alu(.sub, .bits64, Self.tags, Self.scratch2)
        assembler.alu(.and, .bits64, Self.tags, .rdx)
    }

    private mutating func load(_ register: X86Register, _ value: UInt64) {
        assembler.mov(register, Int64(bitPattern: value))
    }

    mutating func writeHashLookupExits() {
        for exit in hashLookupExits {
            assembler.bind(exit.absent)
            assembler.alu(.cmp, .bits32, X86Address(Self.bucket, Int32(HashLookupLayout.overflow)), 0)
            assembler.jump(.equal, exit.null)
            assembler.bind(exit.unsure)
            callFunction(exit.step)
            assembler.test(.bits64, .rax, .rax)
            assembler.jump(.equal, exit.null)
            assembler.jump(exit.found)
        }
    }
}
