import Object

// Arguments of helpers, each against its type in the prototype.
extension Explorer {
    func check(_ argument: ArgumentType, _ number: Int, _ call: inout Call) throws(Rejection) {
        try requireReadable(number)
        let register = registers[number]
        switch argument {
        case .anything:
            if register.isPointer || register.isPointerBits {
                throw reject(
                    .pointerLeak, "\(register.noun) can't be argument \(number) of \(call.prototype.name), a number",
                    registers: [number])
            }
        case .context:
            guard register.kind == .context, register.offset == 0 else {
                throw wrongArgument(number, call, "the context")
            }
        case .constMapPointer:
            guard register.kind == .map else { throw wrongArgument(number, call, "a map") }
            guard !register.mayBeNull else { throw mayBeNull(number, call) }
            call.map = register.map
        case .mapKey:
            call.key = number
            try memory(number, call, size: attributes(of: try map(number, call)).keySize, .read)
        case .mapValue(let access, let isNullable):
            if isNullable && register.isZero { return }
            let attributes = attributes(of: try map(number, call))
            // Of a Bloom filter a value is asked for.
            try memory(
                number, call, size: attributes.valueSize, attributes.type == .bloomFilter ? .read : access)
        case .memory(let access, let isNullable):
            try memoryWithSize(number, call, access, isNullable: isNullable)
        case .memSize: try size(number, call, allowsZero: false)
        case .memSizeOrZero: try size(number, call, allowsZero: true)
        case .fixedMemory(let access, let bytes, let isAligned):
            guard !isAligned || !register.isPointer || register.isAligned(0, bytes) else {
                throw reject(
                    .misaligned, "argument \(number) of \(call.prototype.name) must be a multiple of \(bytes)",
                    registers: [number])
            }
            try memory(number, call, size: bytes, access)
        case .constAllocSizeOrZero:
            guard let constant = register.constant else { throw wrongArgument(number, call, "a constant") }
            call.allocation = Int(UInt32(truncatingIfNeeded: constant))
        case .constString: try constantString(number, call)
        case .stackOrNull:
            guard register.isZero || register.kind == .stack else {
                throw wrongArgument(number, call, "a stack pointer or NULL")
            }
        case .function:
            guard register.kind == .function else { throw wrongArgument(number, call, "a function") }
            call.function = number
        case .spinLock: try spinLock(number, call)
        case .ringbufMemory:
            guard register.kind == .memory, register.reference != 0 || register.mayBeNull else {
                throw wrongArgument(number, call, "a record that bpf_ringbuf_reserve returned")
            }
            guard !register.mayBeNull else { throw mayBeNull(number, call) }
            guard register.offset == 0, register.hasFixedOffset else {
                throw wrongArgument(number, call, "a record's start")
            }
            call.released = number
        case .socket, .btfObject, .perCPUVariable, .kernelPointer, .timer, .dynptr:
            throw reject(.unsupported, "\(call.prototype.name) is not supported")
        }
    }

    func wrongArgument(_ number: Int, _ call: Call, _ wanted: String) -> Rejection {
        reject(
            .helperArgument,
            "argument \(number) of \(call.prototype.name) must be \(wanted), r\(number) is \(registers[number].summary(maps))",
            registers: [number])
    }

    func mayBeNull(_ number: Int, _ call: Call) -> Rejection {
        reject(
            .nullPointer, "argument \(number) of \(call.prototype.name) may be null", registers: [number],
            hint: "compare it with NULL first")
    }

    private func map(_ number: Int, _ call: Call) throws(Rejection) -> MapReference {
        guard let map = call.map else { throw wrongArgument(number, call, "of a map that comes before it") }
        return map
    }

    /// `size` bytes of memory, all of them initialised where they are read. `isPartial`: it may write fewer.
    private func memory(
        _ number: Int, _ call: Call, size: Int, isPartial: Bool = false, _ access: ArgumentType.Access
    ) throws(Rejection) {
        let size = PlantedFlaw.isPlanted(.helperSizeOffByOne) ? max(size - 1, 0) : size
        let register = registers[number]
        switch register.kind {
        case .stack:
            if access != .write, !(try readPrinted(number, call, count: size)) {
                try readStackMemory(number, register, count: size)
            }
            if access != .read { try writeStackMemory(number, register, count: size, isPartial: isPartial) }
        case .packet, .packetMeta, .mapValue, .mapKey, .memory:
            if register.mayBeNull { throw mayBeNull(number, call) }
            if access != .write { try check(number, register, offset: 0, size: size, .read) }
            if access != .read { try check(number, register, offset: 0, size: size, .write) }
        default:
            throw wrongArgument(number, call, "a pointer to memory")
        }
    }

    /// Memory whose size is the next argument.
    private func memoryWithSize(
        _ number: Int, _ call: Call, _ access: ArgumentType.Access, isNullable: Bool
    ) throws(Rejection) {
        let register = registers[number]
        try requireReadable(number + 1)
        let size = registers[number + 1]
        if isNullable && register.isZero && size.isZero { return }
        guard size.isScalar, !size.isPointerBits else { throw wrongArgument(number + 1, call, "a size") }
        guard size.number.smin >= 0 else {
            throw reject(
                .helperArgument, "argument \(number + 1) of \(call.prototype.name), a size, may be negative",
                registers: [number + 1], hint: "use an unsigned variable, or mask it")
        }
        guard size.number.umax < UInt64(Self.maxOffset) else {
            throw reject(
                .helperArgument, "argument \(number + 1) of \(call.prototype.name), a size, is not bounded",
                registers: [number + 1], hint: "compare it with the size of the memory first")
        }
        try memory(number, call, size: Int(size.number.umax), isPartial: !size.number.isConstant, access)
    }

    private func size(_ number: Int, _ call: Call, allowsZero: Bool) throws(Rejection) {
        let register = registers[number]
        guard register.isScalar, !register.isPointerBits else { throw wrongArgument(number, call, "a size") }
        guard allowsZero || register.number.umin > 0 else {
            throw reject(
                .helperArgument, "argument \(number) of \(call.prototype.name), a size, may be 0", registers: [number])
        }
    }

    /// Text in read-only data that ends with a zero byte.
    private func constantString(_ number: Int, _ call: Call) throws(Rejection) {
        let register = registers[number]
        guard register.kind == .mapValue, !register.mayBeNull, register.hasFixedOffset, !register.map.isInner,
            let bytes = maps[register.map.index].constantValue, register.offset >= 0,
            bytes.dropFirst(Int(register.offset)).contains(0)
        else { throw wrongArgument(number, call, "constant text in .rodata") }
    }
}
