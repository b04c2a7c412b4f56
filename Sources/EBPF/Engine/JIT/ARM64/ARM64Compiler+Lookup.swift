import ISA
import Maps

// Lookups in arrays, as address computations.
extension ARM64Compiler {
    mutating func writeLookup(_ step: NativeStep, _ index: Int) {
        let done = assembler.label()
        let null = assembler.label()
        writeAddress(step, ifNull: null)
        if !program.lookups[Int(step.imm)].isWithin { nullExits.append(NullExit(label: null, next: done)) }
        assembler.bind(done)
        payLookup(step, index)
    }

    private mutating func payLookup(_ step: NativeStep, _ index: Int) {
        let map = core.pointee.maps[program.lookups[Int(step.imm)].map]
        payHelper(program.fuel.cost(.mapLookupElem, map: map), index)
    }

    /// A lookup and the comparison of its result with 0. Gives the last step; nil where none follows.
    mutating func fuseLookup(_ step: NativeStep, _ index: Int) -> Int? {
        guard let comparison = nullComparison(after: index), comparison.result == 0 else { return nil }
        payLookup(step, index)
        writeAddress(step, ifNull: label(comparison.ifNull))
        if !comparison.isNullTaken { assembler.jump(label(comparison.target)) }
        return comparison.index
    }

    /// The element's address into r0; goes to `ifNull` where there is none.
    private mutating func writeAddress(_ step: NativeStep, ifNull: ARM64Assembler.Label) {
        let lookup = program.lookups[Int(step.imm)]
        let elements = lookup.elements
        let result = register(0)
        let key: ARM64Register
        switch lookup.key {
        case .constant(let number):
            guard number < elements.count else { return assembler.jump(ifNull) }
            let distance = Int(number) * elements.stride
            if elements.workerStride == 0 {
                mov(result, address: elements.base + UInt(distance))
            } else {
                loadBase(lookup)
                if distance != 0 { add(.bits64, result, result, Int64(distance)) }
            }
            return
        // The upper half of a register is none of the key's, and r0 is about to be written.
        case .register:
            key = Self.scratch
            assembler.mov(.bits32, key, register(step.src))
        case .memory:
            key = Self.scratch
            load(.bits32, key, ARM64Address(register(step.src), step.offset))
        }
        if !lookup.isWithin {
            compare(.bits32, key, Int64(elements.count))
            assembler.jump(.higherOrSame, ifNull)
        }
        loadBase(lookup)
        if elements.stride.nonzeroBitCount == 1 {
            assembler.sum(.add, .bits64, result, result, key, shift: UInt32(elements.stride.trailingZeroBitCount))
        } else {
            assembler.mov(Self.scratch2, UInt64(elements.stride))
            assembler.multiplyAdd(.bits64, result, key, Self.scratch2, result)
        }
    }

    /// Element 0, of this worker, into r0. Leaves the first scratch register alone.
    private mutating func loadBase(_ lookup: NativeOptimizer.Lookup) {
        let elements = lookup.elements
        let result = register(0)
        if elements.workerStride == 0 {
            mov(result, address: elements.base)
        } else if lookup.map < ValueBases.count {
            let offset = NativeLayout.State.bases + Int32(lookup.map * MemoryLayout<UInt>.stride)
            assembler.load(.bits64, result, field(offset))
        } else {
            assembler.mov(Self.scratch2, UInt64(elements.workerStride))
            assembler.load(.bits64, Self.scratch3, field(NativeLayout.State.slot))
            mov(result, address: elements.base)
            assembler.multiplyAdd(.bits64, result, Self.scratch2, Self.scratch3, result)
        }
    }

    mutating func writeNullExits() {
        for exit in nullExits {
            assembler.bind(exit.label)
            assembler.mov(register(0), 0)
            assembler.jump(exit.next)
        }
    }
}
