import ISA
import Maps
import Object

/// Makes the executable form of a program out of its wire form.
///
/// What cannot run (unknown opcode, register above 10, jump outside) becomes an instruction that faults when it is
/// reached, so that the result is safe to interpret whatever the bytes were. Refusing such programs at load is
/// `InstructionValidator`'s part.
struct Decoder {
    /// Address that stands for map `index` in a register, nil where there is no such map.
    var mapPointer: (_ index: Int) -> UInt64?
    /// Address of the only value of map `index`.
    var mapValue: (_ index: Int) -> UInt64?
    /// Slots of loads from `xdp_md`, and the field that each loads: `Verifier.Facts.contextLoads`. A load of a pointer
    /// becomes one of the 64 bits behind the struct, which needs no check.
    var contextLoads: [Int: Int] = [:]

    /// The decoded instructions, and for each its slot in the wire form.
    func decode(_ code: [Instruction]) -> (instructions: [DecodedInstruction], slots: [Int32]) {
        let index = decodedIndices(code)
        var output: [DecodedInstruction] = []
        var slots: [Int32] = []
        output.reserveCapacity(code.count + 1)
        slots.reserveCapacity(code.count + 1)
        var slot = 0
        while slot < code.count {
            let instruction = code[slot]
            let next = slot + (instruction.isWide ? 2 : 1)
            output.append(decode(instruction, slot, code, index) ?? .invalid)
            slots.append(Int32(truncatingIfNeeded: slot))
            slot = next
        }
        // What runs past the end stops here.
        output.append(.invalid)
        slots.append(Int32(truncatingIfNeeded: code.count))
        return (output, slots)
    }

    /// For each slot the index of its decoded instruction, -1 for second slots.
    private func decodedIndices(_ code: [Instruction]) -> [Int] {
        var index = [Int](repeating: -1, count: code.count)
        var slot = 0
        var count = 0
        while slot < code.count {
            index[slot] = count
            count += 1
            slot += code[slot].isWide ? 2 : 1
        }
        return index
    }

    private func decode(
        _ instruction: Instruction, _ slot: Int, _ code: [Instruction], _ index: [Int]
    ) -> DecodedInstruction? {
        guard let operation = InstructionTable.operation(of: instruction), instruction.dst <= 10,
            instruction.src <= 10 || operation == .lddw
        else { return nil }
        var decoded = DecodedInstruction(
            operation: operation, dst: instruction.dst, src: operation == .lddw ? 0 : instruction.src,
            offset: Int32(instruction.offset), imm: Int64(instruction.imm))

        /// Distance in decoded instructions to the one at a relative slot.
        func relative(_ distance: Int) -> Int32? {
            let target = slot + 1 + distance
            guard code.indices.contains(target), index[target] >= 0 else { return nil }
            return Int32(index[target] - index[slot] - 1)
        }

        switch operation {
        case .lddw:
            guard slot + 1 < code.count else { return nil }
            guard let constant = constant(instruction, code[slot + 1], slot, code, index) else { return nil }
            decoded.imm = Int64(bitPattern: constant)
        case .ja32, .callLocal:
            guard let offset = relative(Int(instruction.imm)) else { return nil }
            decoded.offset = offset
        case .callKfunc:
            guard let function = KernelFunction(rawValue: instruction.imm) else { return nil }
            decoded.operation = .callHelper
            decoded.imm = Int64(function.helperNumber)
        case .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32:
            return nil
        case _ where operation.isJump:
            guard let offset = relative(Int(instruction.offset)) else { return nil }
            decoded.offset = offset
        case _ where operation.writesDestination && instruction.dst == 10:
            return nil
        case .ldx32:
            guard let field = contextLoads[slot], field < XDPContext.ingressIfindex else { break }
            decoded.operation = .ldx64
            decoded.offset += Int32(XDPContext.pointerDistance(field: field))
        default:
            break
        }
        return decoded
    }

    /// The value that an LDDW loads, by its source (RFC 9669 section 5.4).
    private func constant(
        _ first: Instruction, _ second: Instruction, _ slot: Int, _ code: [Instruction], _ index: [Int]
    ) -> UInt64? {
        let low = UInt64(UInt32(bitPattern: first.imm))
        let high = UInt64(UInt32(bitPattern: second.imm))
        switch first.src {
        case 0: return high << 32 | low
        case 1: return mapPointer(Int(first.imm))
        case 2: return mapValue(Int(first.imm)).map { $0 &+ high }
        case 4:
            let target = slot + 1 + Int(first.imm)
            guard code.indices.contains(target), index[target] >= 0 else { return nil }
            return FunctionPointer.make(index[target])
        default: return nil
        }
    }
}

extension Operation {
    /// Whether `offset` is a jump target: conditional jumps and `ja`.
    var isJump: Bool {
        self == .ja || (rawValue >= Operation.jeq64Imm.rawValue && rawValue <= Operation.jsle32Reg.rawValue)
    }

    /// Whether `dst` is written: ALU, moves, swaps, loads and LDDW.
    var writesDestination: Bool {
        rawValue < Operation.jeq64Imm.rawValue || self == .lddw
            || (rawValue >= Operation.ldx8.rawValue && rawValue <= Operation.ldxs32.rawValue)
    }
}
