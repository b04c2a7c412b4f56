import Object

// One instruction.
extension Explorer {
    func step() throws(Rejection) {
        let step = steps[slot]
        switch step.kind {
        case .alu: try arithmetic(step)
        case .move: try move(step)
        case .moveSignExtended, .negate, .swapBytes, .truncateBytes: try convert(step)
        case .wide: try loadWide(step)
        case .load, .loadSigned: try load(step)
        case .store, .storeImmediate: try store(step)
        case .atomic: try atomic(step)
        case .jump: return try jump(step)
        case .jumpAlways:
            slot = step.target
            return
        case .callHelper: return try callHelper(step)
        case .callLocal: return try callLocal(step)
        case .exit: return try exit()
        case .callRegister:
            throw reject(.badCall, "a call of an address in a register is not allowed", registers: [step.dst])
        case .callKernel:
            guard let function = KernelFunction(rawValue: Int32(truncatingIfNeeded: step.imm)) else {
                let name =
                    program.unresolvedCalls[slot].map { "\"\($0)\", a kernel function," }
                    ?? "kernel function \(step.imm)"
                throw reject(.unsupported, "\(name) is not known here")
            }
            return try call(function.helperNumber, step)
        case .packetLoad:
            throw reject(
                .unsupported, "legacy packet access (LD_ABS, LD_IND) is not supported",
                hint: "read the packet through data and data_end")
        }
        slot += step.width
    }

    func requireReadable(_ number: Int) throws(Rejection) {
        let register = registers[number]
        guard register.kind == .uninitialized else { return }
        switch register.absence {
        case .moved:
            throw reject(
                .stalePointer, "r\(number) pointed into the packet before a helper moved it", registers: [number],
                hint: "load data and data_end from the context again, and compare again, after the call")
        case .released:
            throw reject(
                .stalePointer, "r\(number) pointed into memory that has been released", registers: [number])
        case .call:
            throw reject(
                .uninitialized, "r\(number) is read, and the call before left it without meaning", registers: [number],
                hint: "a call changes r0 to r5")
        case .unwritten:
            throw reject(.uninitialized, "r\(number) is read before anything was written to it", registers: [number])
        }
    }
}

extension Register {
    /// Why a register holds nothing.
    enum Absence: UInt32 {
        case unwritten, call, moved, released
    }

    var absence: Absence { Absence(rawValue: size) ?? .unwritten }

    init(_ absence: Absence) {
        size = absence.rawValue
    }
}
