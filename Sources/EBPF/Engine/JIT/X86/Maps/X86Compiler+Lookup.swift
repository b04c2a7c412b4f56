import ISA
import Maps

// Lookups in arrays, as address computations.
extension X86Compiler {
    mutating func writeLookup(_ step: NativeStep, _ index: Int) {
        if lookups[Int(step.imm)].isBeyond {
            assembler.mov(.rax, 0)
            payLookup(step, index)
            return
        }
        let done = assembler.label()
        let null = assembler.label()
        write(writeAddress(step, ifNull: null))
        if !lookups[Int(step.imm)].isWithin { nullExits.append(NullExit(label: null, next: done)) }
        assembler.bind(done)
        payLookup(step, index)
    }

    /// A lookup and what follows: the comparison of its result with 0, an update of the element, or both. Gives the last
    /// step; nil where neither follows.
    mutating func fuseLookup(_ step: NativeStep, _ index: Int) -> Int? {
        if lookups[Int(step.imm)].isWithin, canUpdateElement(index) {
            payLookup(step, index)
            // Never null: no exit is written.
            return fuseElementUpdate(index, writeAddress(step, ifNull: nextLabel))
        }
        guard let comparison = nullComparison(after: index) else { return nil }
        payLookup(step, index)
        let address = writeAddress(step, ifNull: nullLabel(comparison))
        if comparison.isNullTaken, comparison.value == nil,
            let last = fuseElementUpdate(comparison.index, address)
        {
            return last
        }
        write(address, to: register(comparison.result))
        return writeFound(comparison)
    }

    /// Where a lookup goes that finds nothing.
    mutating func nullLabel(_ comparison: NullComparison) -> X86Assembler.Label {
        guard let value = comparison.value else { return label(comparison.ifNull) }
        let null = assembler.label()
        nullExits.append(NullExit(label: null, next: label(comparison.ifNull), value: value))
        return null
    }

    /// Goes on behind a lookup that has found something. Gives the last step of the comparison.
    mutating func writeFound(_ comparison: NullComparison) -> Int {
        let next = comparison.isNullTaken ? comparison.index + 1 : comparison.target
        if let value = comparison.value, flow.liveBefore[next] & 1 != 0 { assembler.mov(.rax, value) }
        if !comparison.isNullTaken { assembler.jump(label(comparison.target)) }
        return comparison.index
    }

    /// An update of the element that is the only use of its address.
    private mutating func fuseElementUpdate(_ index: Int, _ address: X86Address) -> Int? {
        guard canUpdateElement(index), let load = following(index) else { return nil }
        var place = address
        place.displacement += steps[load].offset
        return fuseUpdate(steps[load], load, at: place)
    }

    private func canUpdateElement(_ index: Int) -> Bool {
        guard let load = following(index), steps[load].src == 0, steps[load].form == .plain,
            steps[load].operation == .ldx64 || steps[load].operation == .ldx32, steps[load].dst != 0,
            let last = updateEnd(steps[load], load), let middle = following(load)
        else { return false }
        // What is added must be there without the address being in r0.
        if steps[middle].operation.takesRegister, steps[middle].src == 0 { return false }
        return flow.liveAfter(last) & 1 == 0
    }

    private mutating func write(_ address: X86Address, to register: X86Register = .rax) {
        if address.index != nil || address.displacement != 0 {
            assembler.lea(.bits64, register, address)
        } else if register != .rax {
            assembler.mov(.bits64, register, .rax)
        }
    }

    /// The element's address, by way of rax and perhaps the scratch register; goes to `ifNull` where there is none.
    private mutating func writeAddress(_ step: NativeStep, ifNull: X86Assembler.Label) -> X86Address {
        let lookup = lookups[Int(step.imm)]
        let elements = lookup.elements
        if lookup.isBeyond {
            assembler.jump(ifNull)
            return X86Address(.rax)
        }
        switch lookup.key {
        case .constant(let key):
            let distance = Int(key) * elements.stride
            if elements.workerStride == 0 {
                assembler.mov(.rax, Int64(Int(bitPattern: elements.base) + distance))
            } else {
                loadBase(lookup)
                // Fields of the element are to be within reach too.
                if distance < 1 << 30 { return X86Address(.rax, Int32(distance)) }
                assembler.mov(Self.scratch, Int64(distance))
                assembler.alu(.add, .bits64, .rax, Self.scratch)
            }
            return X86Address(.rax)
        case .register: assembler.mov(.bits32, Self.scratch, register(step.src))
        case .memory: assembler.load(.bits32, Self.scratch, X86Address(register(step.src), step.offset))
        }
        if !lookup.isWithin {
            assembler.alu(.cmp, .bits32, Self.scratch, Int32(bitPattern: elements.count))
            assembler.jump(.aboveEqual, ifNull)
        }
        let scale = scaleKey(elements.stride)
        loadBase(lookup)
        return X86Address(.rax, index: Self.scratch, scale: scale)
    }

    /// Multiplies the key by what addressing does not; gives what that does.
    private mutating func scaleKey(_ stride: Int) -> UInt8 {
        // A stride is a multiple of 8.
        if stride & (stride - 1) == 0 {
            if stride > 8 { assembler.shift(.shl, .bits64, Self.scratch, by: UInt8(stride.trailingZeroBitCount - 3)) }
            return 8
        }
        if let small = Int32(exactly: stride / 8) {
            assembler.imul(.bits64, Self.scratch, Self.scratch, small)
            return 8
        }
        assembler.mov(.rax, Int64(stride))
        assembler.imul(.bits64, Self.scratch, .rax)
        return 1
    }

    /// Element 0, of this worker, into rax.
    private mutating func loadBase(_ lookup: NativeOptimizer.Lookup) {
        let elements = lookup.elements
        if elements.workerStride == 0 {
            assembler.mov(.rax, Int64(Int(bitPattern: elements.base)))
        } else if lookup.map < ValueBases.count {
            let offset = NativeLayout.State.bases + Int32(lookup.map * MemoryLayout<UInt>.stride)
            assembler.load(.bits64, .rax, X86Address(Self.state, offset))
        } else {
            assembler.mov(.rax, Int64(elements.workerStride))
            assembler.load(.bits64, Self.scratch2, X86Address(Self.state, NativeLayout.State.slot))
            assembler.imul(.bits64, .rax, Self.scratch2)
            assembler.mov(Self.scratch2, Int64(Int(bitPattern: elements.base)))
            assembler.alu(.add, .bits64, .rax, Self.scratch2)
        }
    }

    private mutating func payLookup(_ step: NativeStep, _ index: Int) {
        let map = core.pointee.maps[lookups[Int(step.imm)].map]
        payHelper(fuel.cost(.mapLookupElem, map: map), index)
    }

    mutating func writeNullExits() {
        for exit in nullExits {
            assembler.bind(exit.label)
            assembler.mov(.rax, exit.value)
            assembler.jump(exit.next)
        }
    }
}
