import CLinux
import ISA
import Maps

/// Runs decoded programs; what it checks is its policy's choice. Fuel is counted always.
///
/// Hot path, worker only: no allocation, no locks (but for those of map writers), no throws. One switch over dense
/// operations.
enum Interpreter {
    /// Runs a function to its `exit`: the program's, or one that a helper calls, of which `depth` functions are active.
    /// Arguments and the frame's bounds are set. Fuel that is left is in `state.native.fuel`.
    @inline(__always)
    static func run<Policy: InterpreterPolicy>(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, policy: Policy,
        entry: Int, depth base: Int
    ) -> RunResult {
        let code = core.pointee.instructions
        let r = state.pointee.registers
        var pc = code + entry
        var fuel = fuel
        var depth = base
        let stackTop = state.pointee.native.stackTop
        var stackLow = stackTop - UInt(RunState.stackBytes * (base + 1))
        // Metadata and packet are side by side.
        var packetStart = state.pointee.packetMeta
        var packetEnd = state.pointee.packetEnd
        r[10] = UInt64(stackLow + UInt(RunState.stackBytes))

        @inline(__always)
        func fault(_ fault: Fault, _ at: UnsafeMutablePointer<DecodedInstruction>, address: UInt64 = 0) -> RunResult {
            state.pointee.faultSlot = core.pointee.wireSlots[at - code]
            state.pointee.faultAddress = address
            return RunResult(value: 0, fault: fault)
        }

        while true {
            let at = pc
            if Policy.traces {
                policy.willRun(
                    InterpreterStep(
                        slot: Int(core.pointee.wireSlots[at - code]), registers: r, depth: depth, state: state))
                guard state.pointee.deadline.isAhead() else { return fault(.outOfTime, at) }
            }
            pc += 1
            // Fields are read where they are used: a short dispatch is what the compiler duplicates.
            var d: Int { @inline(__always) get { Int(at.pointee.dst) } }
            var s: Int { @inline(__always) get { Int(at.pointee.src) } }
            var offset: Int32 { @inline(__always) get { at.pointee.offset } }

            @inline(__always)
            func alu64(_ b: UInt64, _ f: (UInt64, UInt64) -> UInt64) { r[d] = f(r[d], b) }
            @inline(__always)
            func alu32(_ b: UInt64, _ f: (UInt32, UInt32) -> UInt32) {
                r[d] = UInt64(f(UInt32(truncatingIfNeeded: r[d]), UInt32(truncatingIfNeeded: b)))
            }
            var imm: UInt64 { @inline(__always) get { UInt64(bitPattern: at.pointee.imm) } }

            /// Takes the jump; false when a back-edge found no fuel.
            @inline(__always)
            func jump() -> Bool {
                pc += Int(offset)
                guard offset < 0 else { return true }
                // The price of a back-edge is what it repeats, whether the loop is short or long.
                fuel &+= Int(offset)
                return fuel >= 0
            }
            @inline(__always)
            func branch64(_ b: UInt64, _ f: (UInt64, UInt64) -> Bool) -> Bool { f(r[d], b) ? jump() : true }
            @inline(__always)
            func branch64s(_ b: UInt64, _ f: (Int64, Int64) -> Bool) -> Bool {
                f(Int64(bitPattern: r[d]), Int64(bitPattern: b)) ? jump() : true
            }
            @inline(__always)
            func branch32(_ b: UInt64, _ f: (UInt32, UInt32) -> Bool) -> Bool {
                f(UInt32(truncatingIfNeeded: r[d]), UInt32(truncatingIfNeeded: b)) ? jump() : true
            }
            @inline(__always)
            func branch32s(_ b: UInt64, _ f: (Int32, Int32) -> Bool) -> Bool {
                f(Int32(truncatingIfNeeded: r[d]), Int32(truncatingIfNeeded: b)) ? jump() : true
            }

            /// Whether `size` bytes at `address` lie in the stack or the packet; all else is for the slow path.
            @inline(__always)
            func isNear(_ address: UInt64, _ size: UInt) -> Bool {
                let a = UInt(address)
                return (a >= stackLow && a <= stackTop &- size) || (a >= packetStart && a <= packetEnd &- size)
            }
            @inline(__always)
            func load<T: FixedWidthInteger>(_ type: T.Type, _ convert: (T) -> UInt64) -> Bool {
                let address = r[s] &+ UInt64(bitPattern: Int64(offset))
                if !Policy.checksAccesses || isNear(address, UInt(MemoryLayout<T>.size)) {
                    r[d] = convert(
                        UnsafeRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped.loadUnaligned(as: T.self))
                    return true
                }
                switch Memory.far(core, state, address, UInt(MemoryLayout<T>.size)) {
                case .none: return false
                case .pointer(let value): r[d] = value
                case .memory:
                    r[d] = convert(
                        UnsafeRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped.loadUnaligned(as: T.self))
                }
                return true
            }
            @inline(__always)
            func store<T: FixedWidthInteger>(_ type: T.Type, _ value: UInt64) -> Bool {
                let address = r[d] &+ UInt64(bitPattern: Int64(offset))
                guard
                    !Policy.checksAccesses || isNear(address, UInt(MemoryLayout<T>.size))
                        || Memory.isWritableFar(core, state, address, UInt(MemoryLayout<T>.size))
                else { return false }
                UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
                    .storeBytes(of: T(truncatingIfNeeded: value), as: T.self)
                return true
            }
            /// The address of an atomic's operand, nil where the access is bad or not aligned.
            @inline(__always)
            func atomicOperand(_ size: UInt) -> UnsafeMutableRawPointer? {
                let address = r[d] &+ UInt64(bitPattern: Int64(offset))
                guard
                    !Policy.checksAccesses
                        || UInt(address) & (size - 1) == 0
                            && (isNear(address, size) || Memory.isWritableFar(core, state, address, size))
                else { return nil }
                return UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
            }
            @inline(__always)
            func accessFault(_ base: Int) -> RunResult {
                fault(.badAccess, at, address: r[base] &+ UInt64(bitPattern: Int64(offset)))
            }

            /// What a helper copies takes time, however few instructions call it; false when there is no fuel for it.
            @inline(__always)
            func payHelper() -> Bool {
                if Policy.checksAccesses {
                    // It may have moved the packet.
                    packetStart = state.pointee.packetMeta
                    packetEnd = state.pointee.packetEnd
                }
                fuel = state.pointee.native.fuel &- state.pointee.helperCost
                return fuel >= 0
            }

            /// Enters a subprogram; false when there are 8 frames already.
            @inline(__always)
            func enter(_ target: UnsafeMutablePointer<DecodedInstruction>) -> Bool {
                guard !Policy.checksAccesses || depth + 1 < RunState.maxFrames else { return false }
                state.pointee.calls[depth] = CallFrame(
                    returnIndex: pc - code, entryIndex: target - code, saved: (r[6], r[7], r[8], r[9]))
                depth += 1
                stackLow -= UInt(RunState.stackBytes)
                r[10] = UInt64(stackLow + UInt(RunState.stackBytes))
                pc = target
                return true
            }

            /// Returns to the caller of a subprogram; false when there is no fuel for what it took.
            @inline(__always)
            func leave() -> Bool {
                depth -= 1
                let frame = state.pointee.calls[depth]
                // Calls in calls can take as long as loops, without a back-edge.
                fuel &-= max(at - code - frame.entryIndex, 0) &+ 1
                guard fuel >= 0 else { return false }
                (r[6], r[7], r[8], r[9]) = frame.saved
                stackLow += UInt(RunState.stackBytes)
                r[10] = UInt64(stackLow + UInt(RunState.stackBytes))
                pc = code + frame.returnIndex
                return true
            }

            switch at.pointee.operation {
            case .add64Imm: alu64(imm) { $0 &+ $1 }
            case .add64Reg: alu64(r[s]) { $0 &+ $1 }
            case .sub64Imm: alu64(imm) { $0 &- $1 }
            case .sub64Reg: alu64(r[s]) { $0 &- $1 }
            case .mul64Imm: alu64(imm) { $0 &* $1 }
            case .mul64Reg: alu64(r[s]) { $0 &* $1 }
            case .div64Imm: alu64(imm) { Arithmetic.divide($0, $1) }
            case .div64Reg: alu64(r[s]) { Arithmetic.divide($0, $1) }
            case .or64Imm: alu64(imm) { $0 | $1 }
            case .or64Reg: alu64(r[s]) { $0 | $1 }
            case .and64Imm: alu64(imm) { $0 & $1 }
            case .and64Reg: alu64(r[s]) { $0 & $1 }
            case .lsh64Imm: alu64(imm) { $0 &<< $1 }
            case .lsh64Reg: alu64(r[s]) { $0 &<< $1 }
            case .rsh64Imm: alu64(imm) { $0 &>> $1 }
            case .rsh64Reg: alu64(r[s]) { $0 &>> $1 }
            case .mod64Imm: alu64(imm) { Arithmetic.remainder($0, $1) }
            case .mod64Reg: alu64(r[s]) { Arithmetic.remainder($0, $1) }
            case .xor64Imm: alu64(imm) { $0 ^ $1 }
            case .xor64Reg: alu64(r[s]) { $0 ^ $1 }
            case .mov64Imm: r[d] = imm
            case .mov64Reg: r[d] = r[s]
            case .arsh64Imm: alu64(imm) { Arithmetic.shiftSigned($0, $1) }
            case .arsh64Reg: alu64(r[s]) { Arithmetic.shiftSigned($0, $1) }
            case .sdiv64Imm: alu64(imm) { Arithmetic.divideSigned($0, $1) }
            case .sdiv64Reg: alu64(r[s]) { Arithmetic.divideSigned($0, $1) }
            case .smod64Imm: alu64(imm) { Arithmetic.remainderSigned($0, $1) }
            case .smod64Reg: alu64(r[s]) { Arithmetic.remainderSigned($0, $1) }

            case .add32Imm: alu32(imm) { $0 &+ $1 }
            case .add32Reg: alu32(r[s]) { $0 &+ $1 }
            case .sub32Imm: alu32(imm) { $0 &- $1 }
            case .sub32Reg: alu32(r[s]) { $0 &- $1 }
            case .mul32Imm: alu32(imm) { $0 &* $1 }
            case .mul32Reg: alu32(r[s]) { $0 &* $1 }
            case .div32Imm: alu32(imm) { Arithmetic.divide($0, $1) }
            case .div32Reg: alu32(r[s]) { Arithmetic.divide($0, $1) }
            case .or32Imm: alu32(imm) { $0 | $1 }
            case .or32Reg: alu32(r[s]) { $0 | $1 }
            case .and32Imm: alu32(imm) { $0 & $1 }
            case .and32Reg: alu32(r[s]) { $0 & $1 }
            case .lsh32Imm: alu32(imm) { $0 &<< $1 }
            case .lsh32Reg: alu32(r[s]) { $0 &<< $1 }
            case .rsh32Imm: alu32(imm) { $0 &>> $1 }
            case .rsh32Reg: alu32(r[s]) { $0 &>> $1 }
            case .mod32Imm: alu32(imm) { Arithmetic.remainder($0, $1) }
            case .mod32Reg: alu32(r[s]) { Arithmetic.remainder($0, $1) }
            case .xor32Imm: alu32(imm) { $0 ^ $1 }
            case .xor32Reg: alu32(r[s]) { $0 ^ $1 }
            case .mov32Imm: r[d] = imm & 0xFFFF_FFFF
            case .mov32Reg: r[d] = r[s] & 0xFFFF_FFFF
            case .arsh32Imm: alu32(imm) { Arithmetic.shiftSigned($0, $1) }
            case .arsh32Reg: alu32(r[s]) { Arithmetic.shiftSigned($0, $1) }
            case .sdiv32Imm: alu32(imm) { Arithmetic.divideSigned($0, $1) }
            case .sdiv32Reg: alu32(r[s]) { Arithmetic.divideSigned($0, $1) }
            case .smod32Imm: alu32(imm) { Arithmetic.remainderSigned($0, $1) }
            case .smod32Reg: alu32(r[s]) { Arithmetic.remainderSigned($0, $1) }
            case .neg64: r[d] = 0 &- r[d]
            case .neg32: r[d] = UInt64(0 &- UInt32(truncatingIfNeeded: r[d]))

            case .movsx8to64: r[d] = UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: r[s])))
            case .movsx16to64: r[d] = UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: r[s])))
            case .movsx32to64: r[d] = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: r[s])))
            case .movsx8to32: r[d] = UInt64(UInt32(bitPattern: Int32(Int8(truncatingIfNeeded: r[s]))))
            case .movsx16to32: r[d] = UInt64(UInt32(bitPattern: Int32(Int16(truncatingIfNeeded: r[s]))))

            case .le16: r[d] = UInt64(UInt16(truncatingIfNeeded: r[d]).littleEndian)
            case .le32: r[d] = UInt64(UInt32(truncatingIfNeeded: r[d]).littleEndian)
            case .le64: r[d] = r[d].littleEndian
            case .be16: r[d] = UInt64(UInt16(truncatingIfNeeded: r[d]).bigEndian)
            case .be32: r[d] = UInt64(UInt32(truncatingIfNeeded: r[d]).bigEndian)
            case .be64: r[d] = r[d].bigEndian
            case .bswap16: r[d] = UInt64(UInt16(truncatingIfNeeded: r[d]).byteSwapped)
            case .bswap32: r[d] = UInt64(UInt32(truncatingIfNeeded: r[d]).byteSwapped)
            case .bswap64: r[d] = r[d].byteSwapped

            case .jeq64Imm: guard branch64(imm, { $0 == $1 }) else { return fault(.outOfFuel, at) }
            case .jeq64Reg: guard branch64(r[s], { $0 == $1 }) else { return fault(.outOfFuel, at) }
            case .jgt64Imm: guard branch64(imm, { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jgt64Reg: guard branch64(r[s], { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jge64Imm: guard branch64(imm, { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jge64Reg: guard branch64(r[s], { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jset64Imm: guard branch64(imm, { $0 & $1 != 0 }) else { return fault(.outOfFuel, at) }
            case .jset64Reg: guard branch64(r[s], { $0 & $1 != 0 }) else { return fault(.outOfFuel, at) }
            case .jne64Imm: guard branch64(imm, { $0 != $1 }) else { return fault(.outOfFuel, at) }
            case .jne64Reg: guard branch64(r[s], { $0 != $1 }) else { return fault(.outOfFuel, at) }
            case .jsgt64Imm: guard branch64s(imm, { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jsgt64Reg: guard branch64s(r[s], { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jsge64Imm: guard branch64s(imm, { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jsge64Reg: guard branch64s(r[s], { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jlt64Imm: guard branch64(imm, { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jlt64Reg: guard branch64(r[s], { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jle64Imm: guard branch64(imm, { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jle64Reg: guard branch64(r[s], { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jslt64Imm: guard branch64s(imm, { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jslt64Reg: guard branch64s(r[s], { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jsle64Imm: guard branch64s(imm, { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jsle64Reg: guard branch64s(r[s], { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jeq32Imm: guard branch32(imm, { $0 == $1 }) else { return fault(.outOfFuel, at) }
            case .jeq32Reg: guard branch32(r[s], { $0 == $1 }) else { return fault(.outOfFuel, at) }
            case .jgt32Imm: guard branch32(imm, { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jgt32Reg: guard branch32(r[s], { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jge32Imm: guard branch32(imm, { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jge32Reg: guard branch32(r[s], { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jset32Imm: guard branch32(imm, { $0 & $1 != 0 }) else { return fault(.outOfFuel, at) }
            case .jset32Reg: guard branch32(r[s], { $0 & $1 != 0 }) else { return fault(.outOfFuel, at) }
            case .jne32Imm: guard branch32(imm, { $0 != $1 }) else { return fault(.outOfFuel, at) }
            case .jne32Reg: guard branch32(r[s], { $0 != $1 }) else { return fault(.outOfFuel, at) }
            case .jsgt32Imm: guard branch32s(imm, { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jsgt32Reg: guard branch32s(r[s], { $0 > $1 }) else { return fault(.outOfFuel, at) }
            case .jsge32Imm: guard branch32s(imm, { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jsge32Reg: guard branch32s(r[s], { $0 >= $1 }) else { return fault(.outOfFuel, at) }
            case .jlt32Imm: guard branch32(imm, { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jlt32Reg: guard branch32(r[s], { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jle32Imm: guard branch32(imm, { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jle32Reg: guard branch32(r[s], { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jslt32Imm: guard branch32s(imm, { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jslt32Reg: guard branch32s(r[s], { $0 < $1 }) else { return fault(.outOfFuel, at) }
            case .jsle32Imm: guard branch32s(imm, { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .jsle32Reg: guard branch32s(r[s], { $0 <= $1 }) else { return fault(.outOfFuel, at) }
            case .ja, .ja32: guard jump() else { return fault(.outOfFuel, at) }

            case .ldx8: guard load(UInt8.self, { UInt64($0) }) else { return accessFault(s) }
            case .ldx16: guard load(UInt16.self, { UInt64($0) }) else { return accessFault(s) }
            case .ldx32: guard load(UInt32.self, { UInt64($0) }) else { return accessFault(s) }
            case .ldx64: guard load(UInt64.self, { $0 }) else { return accessFault(s) }
            case .ldxs8: guard load(Int8.self, { UInt64(bitPattern: Int64($0)) }) else { return accessFault(s) }
            case .ldxs16: guard load(Int16.self, { UInt64(bitPattern: Int64($0)) }) else { return accessFault(s) }
            case .ldxs32: guard load(Int32.self, { UInt64(bitPattern: Int64($0)) }) else { return accessFault(s) }

            case .st8: guard store(UInt8.self, imm) else { return accessFault(d) }
            case .st16: guard store(UInt16.self, imm) else { return accessFault(d) }
            case .st32: guard store(UInt32.self, imm) else { return accessFault(d) }
            case .st64: guard store(UInt64.self, imm) else { return accessFault(d) }
            case .stx8: guard store(UInt8.self, r[s]) else { return accessFault(d) }
            case .stx16: guard store(UInt16.self, r[s]) else { return accessFault(d) }
            case .stx32: guard store(UInt32.self, r[s]) else { return accessFault(d) }
            case .stx64: guard store(UInt64.self, r[s]) else { return accessFault(d) }

            case .atomicAdd32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                _ = Atomics.add(operand, UInt32(truncatingIfNeeded: r[s]))
            case .atomicOr32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                _ = Atomics.or(operand, UInt32(truncatingIfNeeded: r[s]))
            case .atomicAnd32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                _ = Atomics.and(operand, UInt32(truncatingIfNeeded: r[s]))
            case .atomicXor32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                _ = Atomics.xor(operand, UInt32(truncatingIfNeeded: r[s]))
            case .atomicFetchAdd32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                r[s] = UInt64(Atomics.add(operand, UInt32(truncatingIfNeeded: r[s])))
            case .atomicFetchOr32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                r[s] = UInt64(Atomics.or(operand, UInt32(truncatingIfNeeded: r[s])))
            case .atomicFetchAnd32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                r[s] = UInt64(Atomics.and(operand, UInt32(truncatingIfNeeded: r[s])))
            case .atomicFetchXor32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                r[s] = UInt64(Atomics.xor(operand, UInt32(truncatingIfNeeded: r[s])))
            case .atomicXchg32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                r[s] = UInt64(Atomics.exchange(operand, UInt32(truncatingIfNeeded: r[s])))
            case .atomicCmpxchg32:
                guard let operand = atomicOperand(4) else { return accessFault(d) }
                r[0] = UInt64(
                    Atomics.compareExchange(
                        operand, expected: UInt32(truncatingIfNeeded: r[0]), UInt32(truncatingIfNeeded: r[s])))
            case .atomicAdd64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                _ = Atomics.add(operand, r[s])
            case .atomicOr64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                _ = Atomics.or(operand, r[s])
            case .atomicAnd64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                _ = Atomics.and(operand, r[s])
            case .atomicXor64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                _ = Atomics.xor(operand, r[s])
            case .atomicFetchAdd64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                r[s] = Atomics.add(operand, r[s])
            case .atomicFetchOr64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                r[s] = Atomics.or(operand, r[s])
            case .atomicFetchAnd64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                r[s] = Atomics.and(operand, r[s])
            case .atomicFetchXor64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                r[s] = Atomics.xor(operand, r[s])
            case .atomicXchg64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                r[s] = Atomics.exchange(operand, r[s])
            case .atomicCmpxchg64:
                guard let operand = atomicOperand(8) else { return accessFault(d) }
                r[0] = Atomics.compareExchange(operand, expected: r[0], r[s])

            case .lddw: r[d] = imm

            case .callHelper:
                let isTailCall = at.pointee.imm == Int64(Helper.tailCall.rawValue)
                state.pointee.native.fuel = fuel
                guard policy.callHelper(UInt32(truncatingIfNeeded: at.pointee.imm), core, state) else {
                    return fault(state.pointee.helperFault, at)
                }
                guard payHelper() else { return fault(.outOfFuel, at) }
                if isTailCall, state.pointee.didTailCall != 0 {
                    guard depth > base else {
                        state.pointee.native.fuel = fuel
                        return RunResult(value: r[0], fault: .none)
                    }
                    guard leave() else { return fault(.outOfFuel, at) }
                }
            case .callLocal:
                guard enter(pc + Int(offset)) else { return fault(.callDepth, at) }
            case .callx:
                if let index = FunctionPointer.index(r[d]), index < core.pointee.instructionCount {
                    guard enter(code + index) else { return fault(.callDepth, at) }
                } else {
                    state.pointee.native.fuel = fuel
                    guard policy.callHelper(UInt32(clamping: r[d]), core, state) else {
                        return fault(state.pointee.helperFault, at, address: r[d])
                    }
                    guard payHelper() else { return fault(.outOfFuel, at) }
                }
            case .exit:
                if depth == base {
                    if base > 0 { fuel &-= max(at - code - entry, 0) &+ 1 }
                    guard fuel >= 0 else { return fault(.outOfFuel, at) }
                    state.pointee.native.fuel = fuel
                    return RunResult(value: r[0], fault: .none)
                }
                guard leave() else { return fault(.outOfFuel, at) }
            case .callKfunc, .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32:
                return fault(.badInstruction, at)
            }
        }
    }
}
