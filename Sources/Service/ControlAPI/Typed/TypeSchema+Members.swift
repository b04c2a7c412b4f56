extension TypeSchema.Composite {
    /// Writes the members at `start`. A structure needs all of them; a union at least one, and those given must agree.
    func encode(
        _ given: JSONReader.Members, size: Int, into bytes: inout [UInt8], at start: Int
    ) throws(Problem) {
        guard isUnion else {
            for member in members { try member.encode(given, into: &bytes, at: start) }
            return
        }
        var agreed: [UInt8] = []
        var isGiven = false
        for member in members where member.isGiven(given) {
            isGiven = true
            var own = [UInt8](repeating: 0, count: size)
            try member.encode(given, into: &own, at: 0)
            own.removeLast(size - member.covered)
            let common = min(own.count, agreed.count)
            guard own[..<common] == agreed[..<common] else {
                throw .invalid(
                    at: given.pointer, "the members of the union disagree: \(member.name ?? "an anonymous one")")
            }
            if own.count > agreed.count { agreed = own }
        }
        guard isGiven else {
            let names = flattened.compactMap(\.name).joined(separator: ", ")
            throw .invalid(at: given.pointer, "one of the union's members is needed: \(names)")
        }
        bytes.replaceSubrange(start..<start + agreed.count, with: agreed)
    }
}

extension TypeSchema.Member {
    /// Bytes from the start of the structure to the end of the member.
    fileprivate var covered: Int { (bitOffset + (bits ?? type.size * 8) + 7) / 8 }

    fileprivate func isGiven(_ given: JSONReader.Members) -> Bool {
        if let name { return given[name] != nil }
        guard case .composite(let inner) = type.shape else { return false }
        return inner.flattened.contains { $0.name.map { given[$0] != nil } ?? false }
    }

    fileprivate func encode(
        _ given: JSONReader.Members, into bytes: inout [UInt8], at start: Int
    ) throws(Problem) {
        guard let name else {
            guard case .composite(let inner) = type.shape else { return }
            try inner.encode(given, size: type.size, into: &bytes, at: start + bitOffset / 8)
            return
        }
        let reader = try given.required(name)
        guard let bits else {
            try type.encode(reader, into: &bytes, at: start + bitOffset / 8)
            return
        }
        let value = try bitField(reader, bits: bits)
        bytes.withUnsafeMutableBytes { BitField.write(value, $0, bitOffset: start * 8 + bitOffset, bits: bits) }
    }

    private func bitField(_ reader: JSONReader, bits: Int) throws(Problem) -> Int128 {
        switch type.shape {
        case .boolean:
            guard case .bool(let flag) = reader.value else {
                throw reader.refusal("expected true or false, got \(reader.value.description)")
            }
            return flag ? 1 : 0
        case .enumeration(let enumeration):
            let value = try TypeSchema.enumerator(reader, enumeration, bits: type.size * 8)
            guard BitField.range(bits: bits, isSigned: enumeration.isSigned).contains(value) else {
                throw reader.refusal("\(value) does not fit \(bits) bits")
            }
            return value
        case .integer(_, let isSigned, _):
            return try reader.integer(in: BitField.range(bits: bits, isSigned: isSigned))
        default: return try reader.integer(in: BitField.range(bits: bits, isSigned: false))
        }
    }
}
