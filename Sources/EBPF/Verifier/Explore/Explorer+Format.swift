// bpf_trace_printk: which registers its format has it print; bpf_snprintf and bpf_trace_vprintk: which words of an array.
extension Explorer {
    /// Reads the array of what is printed: pointers may be where the format asks for what they point to. False where the
    /// memory is no such array, or not known so well.
    func readPrinted(_ number: Int, _ call: Call, count: Int) throws(Rejection) -> Bool {
        let text: [UInt8]?
        switch (call.prototype.number, number) {
        // bpf_snprintf
        case (165, 4): text = constantString(registers[3])
        // bpf_trace_vprintk
        case (177, 3): text = constantText(registers[1], count: Int(clamping: registers[2].number.umax))
        default: return false
        }
        var word = registers[number]
        guard let text, word.hasFixedOffset, registers[number + 1].number.isConstant, count % 8 == 0 else {
            return false
        }
        let conversions = Self.conversions(text)
        for index in 0..<count / 8 {
            if conversions.indices.contains(index), conversions[index] == .text {
                _ = try readStack(number, word, offset: 0, size: 8)
            } else {
                try readStackMemory(number, word, count: 8)
            }
            word.offset += 8
        }
        return true
    }

    /// Text that ends with a zero byte, of `.rodata`.
    private func constantString(_ register: Register) -> [UInt8]? {
        guard register.kind == .mapValue, !register.map.isInner, register.hasFixedOffset, register.offset >= 0,
            let bytes = maps[register.map.index].constantValue
        else { return nil }
        return Array(bytes.dropFirst(Int(register.offset)).prefix { $0 != 0 })
    }

    /// What is printed as a number must be one. What the format does not ask for is not looked at.
    func checkFormat(_ call: Call) throws(Rejection) {
        let size = Int(clamping: registers[2].number.umax)
        guard let text = constantText(registers[1], count: size) else {
            for number in 3...5 where registers[number].isPointer || registers[number].isPointerBits {
                throw reject(
                    .pointerLeak,
                    "r\(number) is \(registers[number].noun), and the format that may print it is not known",
                    registers: [number], hint: "make the format a constant")
            }
            return
        }
        for (index, conversion) in Self.conversions(text).prefix(3).enumerated() {
            let number = index + 3
            try requireReadable(number)
            if conversion != .text { try refusePointer(number, "be printed") }
        }
    }

    private enum Conversion {
        case number
        /// `%s` and the forms of `%p` that print what the pointer points to.
        case text
    }

    private static func conversions(_ text: [UInt8]) -> [Conversion] {
        var conversions: [Conversion] = []
        var rest = text.prefix { $0 != 0 }[...]
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[(percent + 1)...]
            let flags = rest.prefix { "0123456789.-+ #lhz".utf8.contains($0) }
            rest = rest.dropFirst(flags.count)
            guard let letter = rest.first else { break }
            rest = rest.dropFirst()
            switch letter {
            case UInt8(ascii: "%"): break
            case UInt8(ascii: "s"): conversions.append(.text)
            case UInt8(ascii: "p"):
                let shows = rest.first.map { "iI".utf8.contains($0) } ?? false
                conversions.append(shows ? .text : .number)
            default: conversions.append(.number)
            }
        }
        return conversions
    }

    /// Bytes that are the same on every run: of `.rodata`, or constants on the stack.
    private func constantText(_ register: Register, count: Int) -> [UInt8]? {
        guard register.hasFixedOffset, count > 0, count <= 512 else { return nil }
        let start = Int(register.offset)
        if register.kind == .mapValue, !register.map.isInner, let bytes = maps[register.map.index].constantValue {
            guard start >= 0, start + count <= bytes.count else { return nil }
            return Array(bytes[start..<start + count])
        }
        guard register.kind == .stack, start >= -Self.stackBytes, start + count <= 0 else { return nil }
        var bytes: [UInt8] = []
        for index in 0..<count {
            var byte = register
            byte.offset = Int32(start + index)
            guard let value = stackNumber(byte, count: 1)?.constant ?? spilledByte(register, start + index) else {
                return nil
            }
            bytes.append(UInt8(truncatingIfNeeded: value))
        }
        return bytes
    }

    /// A byte of a constant that is stored on the stack.
    private func spilledByte(_ register: Register, _ byte: Int) -> UInt64? {
        let frame = state.frames[Int(register.frame)]
        let index = (-byte - 1) / 8
        guard index < frame.slotCount else { return nil }
        let position = byte + 8 * (index + 1) - frame.slots[index].spillStart
        guard position >= 0, position < frame.slots[index].spillSize, let constant = frame.slots[index].spill.constant
        else { return nil }
        return constant >> UInt64(position * 8)
    }
}
