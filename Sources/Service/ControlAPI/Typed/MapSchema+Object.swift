import Object

extension MapSchema {
    /// The types of an object's map; nil where its BTF doesn't tell both. A data section is a structure of its variables.
    init?(_ file: ObjectFile, mapIndex: Int) {
        guard let btf = file.btf else { return nil }
        let definition = file.maps[mapIndex]
        let attributes = definition.attributes
        if definition.isDataSection {
            key = TypeSchema(name: "__u32", size: 4, shape: .integer(bits: 32, isSigned: false, isBigEndian: false))
            value = Self.section(file, btf, mapIndex)
            return
        }
        guard attributes.type.isKeyless || definition.keyType != nil,
            let key = definition.keyType.map({ TypeSchema(btf, $0) }) ?? TypeSchema.bytes(0),
            key.size == attributes.keySize
        else { return nil }
        self.key = key
        if attributes.type.holdsReferences {
            // Numbers that are shown as names.
            value = .bytes(attributes.valueSize)
            return
        }
        guard let valueType = definition.valueType, let value = TypeSchema(btf, valueType),
            value.size == attributes.valueSize
        else { return nil }
        self.value = value
    }

    private static func section(_ file: ObjectFile, _ btf: BTF, _ index: Int) -> TypeSchema {
        let size = file.maps[index].attributes.valueSize
        var members: [TypeSchema.Member] = []
        for variable in file.variables.sorted(by: { $0.offset < $1.offset })
        where variable.map == index && variable.size > 0 && variable.offset + variable.size <= size {
            var type = variable.type.flatMap { TypeSchema(btf, $0)?.named(variable.name) } ?? .bytes(variable.size)
            if type.size != variable.size { type = .bytes(variable.size) }
            guard !members.contains(where: { $0.name == variable.name }) else { continue }
            members.append(
                TypeSchema.Member(name: variable.name, bitOffset: variable.offset * 8, bits: nil, type: type))
        }
        return TypeSchema(
            name: file.maps[index].name, size: size,
            shape: members.isEmpty ? .bytes : .composite(.init(isUnion: false, members: members)))
    }
}
