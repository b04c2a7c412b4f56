import Engine
import Maps
import Object

extension LoadOptions {
    /// `ProgramOptions` of openapi.yaml, typed by the object's BTF.
    init(_ reader: JSONReader, _ file: ObjectFile, _ state: ControlState) throws(Problem) {
        self.init()
        let members = try reader.members(known: ["constants", "maps"])
        for (name, value) in try members["constants"]?.entries() ?? [] {
            constants.append((name, try Self.constant(name, value, file)))
        }
        for (name, value) in try members["maps"]?.entries() ?? [] {
            guard let definition = file.maps.first(where: { $0.name == name }) else {
                let known = file.maps.filter { !$0.isDataSection }.map(\.name).joined(separator: ", ")
                throw value.refusal("the object has no map \(name); it has \(known.isEmpty ? "none" : known)")
            }
            let options = try value.members(known: ["maxEntries", "use"])
            if let entries = options["maxEntries"] {
                guard !definition.isDataSection else { throw entries.refusal("a data section has one entry") }
                maxEntries[name] = Int(try entries.integer(in: 1...Int128(UInt32.max)))
            }
            if let use = options["use"] {
                useMaps[name] = try Self.borrowed(use, definition, maxEntries[name], state)
            }
        }
    }

    private static func constant(_ name: String, _ value: JSONReader, _ file: ObjectFile) throws(Problem) -> [UInt8] {
        guard let variable = file.variable(named: name) else {
            let known = file.variables.filter(\.isConst).map(\.name).joined(separator: ", ")
            throw value.refusal(
                "the object has no variable \(name); its constants are \(known.isEmpty ? "none" : known)")
        }
        if let btf = file.btf, let type = variable.type, let schema = TypeSchema(btf, type)?.named(name),
            schema.size == variable.size
        {
            return try schema.encode(value)
        }
        // Without BTF: a number of the variable's size, or its bytes.
        if [1, 2, 4, 8].contains(variable.size) {
            let bits = variable.size * 8
            let low = BitField.range(bits: bits, isSigned: true).lowerBound
            let number = try value.integer(in: low...BitField.range(bits: bits, isSigned: false).upperBound)
            return (0..<variable.size).map { UInt8(truncatingIfNeeded: number >> Int128(8 * $0)) }
        }
        return try TypeSchema.hex(value, size: variable.size)
    }

    private static func borrowed(
        _ reader: JSONReader, _ definition: MapDefinition, _ maxEntries: Int?, _ state: ControlState
    ) throws(Problem) -> Map {
        let name = try reader.string()
        guard let record = state.maps[name] else { throw reader.refusal("there is no map \(name)") }
        guard record.program == nil else {
            throw reader.refusal(
                "\(name) belongs to program \(record.program ?? ""); only maps by themselves can be used")
        }
        guard !definition.isDataSection else { throw reader.refusal("a data section can't be another map") }
        var wanted = definition.attributes
        wanted.maxEntries = maxEntries ?? wanted.maxEntries
        guard record.attributes == wanted else {
            throw reader.refusal("\(name) is \(record.attributes.summary), the object declares \(wanted.summary)")
        }
        return record.map
    }
}

extension MapAttributes {
    /// `hash of 1024 entries, key 6 bytes, value 8 bytes`
    var summary: String {
        let flags = flags.rawValue == 0 ? "" : ", flags 0x\(String(flags.rawValue, radix: 16))"
        return "\(type.name) of \(maxEntries) entries, key \(keySize) bytes, value \(valueSize) bytes\(flags)"
    }
}
