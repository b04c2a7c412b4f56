import Engine
import Foundation
import Maps
import Object
import Switching

/// The values of a map that refers to maps or programs, or says where frames go, in JSON: names rather than numbers.
struct ReferenceForm: Sendable {
    private let type: MapType
    private let state: ControlState
    private let maps: [UInt32: String]
    private let programs: ProgramNames
    /// `SWITCH/PORT` by ifindex, and the other way round.
    private let ports: [UInt32: String]
    private let indices: [String: UInt32]

    /// Nil for maps of other types.
    init?(_ map: Map, _ state: ControlState) {
        type = map.attributes.type
        guard type.holdsReferences else { return nil }
        self.state = state
        maps = type.holdsMaps ? Dictionary(state.maps.values.map { ($0.map.id, $0.name) }) { first, _ in first } : [:]
        programs = ProgramNames(map, state)
        var ports: [UInt32: String] = [:]
        if Self.namesPorts(type) {
            for record in state.switches.values {
                for port in record.vale.ports where port.ifindex != 0 {
                    ports[port.ifindex] = "\(record.name)/\(port.name)"
                }
            }
        }
        self.ports = ports
        indices = Dictionary(ports.map { ($0.value, $0.key) }) { first, _ in first }
    }

    // MARK: Writing

    /// `ReferenceValue` of openapi.yaml.
    func json(_ value: ArraySlice<UInt8>) -> JSON {
        let first = Self.number(value)
        switch type {
        case .arrayOfMaps, .hashOfMaps: return ["map": maps[first].map { .string($0) } ?? nil, "id": .integer(first)]
        case .progArray: return program(first)
        default: break
        }
        var json: JSON =
            Self.namesPorts(type)
            ? ["port": ports[first].map { .string($0) } ?? nil, "ifindex": .integer(first)]
            : ["queueSize": .integer(first)]
        let second = Self.number(value.dropFirst(4))
        if second != 0 { json.set("program", program(second)) }
        return json
    }

    private func program(_ id: UInt32) -> JSON {
        let program = programs[id]
        return [
            "program": program.map { .string($0.objectName) } ?? nil,
            "function": program.map { .string($0.name) } ?? nil, "id": .integer(id),
            "current": .bool(program.map { programs.isCurrent($0) } ?? false),
        ]
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func namesPorts(_ type: MapType) -> Bool { [.devmap, .devmapHash, .xskmap].contains(type) }

    // MARK: Reading

    /// What is there can be written back, `id` and `current` included, as far as it names anything.
    func value(_ reader: JSONReader) throws(Problem) -> EntryValue {
        switch type {
        case .arrayOfMaps, .hashOfMaps:
            let members = try reader.members(known: ["map", "id"])
            let reader = try members.required("map")
            let name = try reader.string()
            guard let record = state.maps[name] else { throw reader.refusal("there is no map \(name)") }
            return .map(record.map)
        case .progArray: return .program(try program(reader, type: nil))
        case .devmap, .devmapHash, .xskmap:
            let members = try reader.members(known: ["port", "interface", "ifindex", "program"])
            return .target(try ifindex(members), try targetProgram(members))
        default:
            let members = try reader.members(known: ["queueSize", "program"])
            let number = try members.required("queueSize").integer(in: 0...Int128(UInt32.max))
            return .target(UInt32(number), try targetProgram(members))
        }
    }

    private func targetProgram(_ members: JSONReader.Members) throws(Problem) -> Program? {
        guard let reader = members["program"] else { return nil }
        if case .null = reader.value { return nil }
        return try program(reader, type: .xdp)
    }

    private func ifindex(_ members: JSONReader.Members) throws(Problem) -> UInt32 {
        if let reader = members["port"], case .string(let name) = reader.value {
            guard let index = indices[name] else { throw reader.refusal("there is no port \(name) with an interface") }
            if let other = members["interface"], case .string(let interface) = other.value,
                if_nametoindex(interface) != index
            {
                throw other.refusal("\(interface) is not the interface of port \(name)")
            }
            return index
        }
        if let reader = members["interface"] {
            let name = try reader.string()
            let index = Names.isInterfaceName(name) ? if_nametoindex(name) : 0
            guard index != 0 else { throw reader.refusal("there is no interface \(name)") }
            return index
        }
        guard let reader = members["ifindex"] else {
            throw .invalid(at: members.pointer, "one of port (SWITCH/PORT), interface and ifindex is needed")
        }
        return UInt32(try reader.integer(in: 0...Int128(UInt32.max)))
    }

    /// `{"program": "p", "function": "f"}`; the function may be left out where the object has one of the type.
    private func program(_ reader: JSONReader, type: ProgramType?) throws(Problem) -> Program {
        let members = try reader.members(known: ["program", "function", "id", "current"])
        let nameReader = try members.required("program")
        let name = try nameReader.string()
        guard let record = state.programs[name] else { throw nameReader.refusal("there is no program \(name)") }
        var function: String?
        if let reader = members["function"], case .string(let text) = reader.value {
            guard Names.isFunctionName(text) else { throw reader.refusal("\(text) can't be a function's name") }
            function = text
        }
        let own = record.object.file.programs.first { $0.name == function ?? $0.name }?.type
        do {
            let program = try record.object.program(function: function, type: type ?? own ?? .xdp)
            programs.add(program)
            return program
        } catch {
            throw Problem(error)
        }
    }
}
