import Maps

// What is out of line of lookups in hash maps.
extension X86Compiler {
    /// Of one lookup, or update.
    struct HashLookupExit {
        var lookup: Int
        /// Where no slot of the home bucket has the key's tag.
        var absent: X86Assembler.Label
        var unsure: X86Assembler.Label
        /// Where to go on with the value's address, and where to go if there is none.
        var found: X86Assembler.Label
        var result: HashResult
        var null: X86Assembler.Label
    }

    /// What becomes of a value's address.
    enum HashResult {
        case register(X86Register)
        /// The step loads from it, which is its only use: this is where the value is, from `base` and rax.
        case load(NativeStep, base: X86Register, displacement: Int32)
        /// A value is stored there, and r0 becomes 0.
        case update
    }

    mutating func writeHashLookupExits() {
        for exit in hashLookupExits {
            let lookup = hashLookups[exit.lookup]
            assembler.bind(exit.absent)
            if lookup.update == nil {
                assembler.alu(.cmp, .bits32, X86Address(HashRegister.bucket, Int32(HashLookupLayout.overflow)), 0)
                assembler.jump(.equal, exit.null)
            }
            assembler.bind(exit.unsure)
            if let offset = lookup.stackOffset { assembler.lea(.bits64, register(2), X86Address(.rbp, offset)) }
            if let update = lookup.update {
                assembler.lea(.bits64, register(3), X86Address(.rbp, update.stackOffset))
                assembler.mov(register(4), update.flags)
                call(.mapUpdateElem, of: core.pointee.maps[lookup.map])
                assembler.jump(exit.found)
                continue
            }
            call(.mapLookupElem, of: core.pointee.maps[lookup.map])
            assembler.test(.bits64, .rax, .rax)
            assembler.jump(.equal, exit.null)
            switch exit.result {
            case .register(.rax), .update: break
            case .register(let register): assembler.mov(.bits64, register, .rax)
            case .load(_, let base, let displacement):
                assembler.lea(.bits64, base, X86Address(.rax, -displacement))
                assembler.mov(.rax, 0)
            }
            assembler.jump(exit.found)
        }
    }
}

// The bits that note that elements of LRU maps were used.
extension X86Compiler {
    /// Sets a bit that was not set.
    struct ReferenceExit {
        var label: X86Assembler.Label
        var next: X86Assembler.Label
    }

    private static let references = X86Address(HashRegister.bucket, Int32(HashLookupLayout.references))

    /// No store where it is set: the line stays shared.
    mutating func writeReference() {
        let exit = ReferenceExit(label: assembler.label(), next: assembler.label())
        assembler.load(.bits8, .rdx, Self.references)
        assembler.shift(.shr, .bits32, HashRegister.number, by: 3)
        assembler.bitTest(.rdx, HashRegister.number)
        assembler.jump(.aboveEqual, exit.label)
        assembler.bind(exit.next)
        referenceExits.append(exit)
    }

    mutating func writeReferenceExits() {
        for exit in referenceExits {
            assembler.bind(exit.label)
            assembler.bitSet(.rdx, HashRegister.number)
            assembler.store(.bits8, Self.references, .rdx)
            assembler.jump(exit.next)
        }
    }
}
