import ISA
import Maps
import Object

/// Programs in maps. Never from a worker, as for all that `Map` keeps references of.
extension Map {
    /// Puts a program into a map of programs, for `bpf_tail_call`.
    /// - Throws: `invalid` where the map holds programs of another type, or belongs to other workers; as `update` otherwise.
    public func setProgram(_ key: [UInt8], _ program: Program, _ mode: UpdateMode = .any) throws(MapError) {
        guard attributes.type == .progArray, program.domain === domain else {
            throw .invalid("\(program.name) can't be in a map of type \(attributes.type.name)")
        }
        try setReference(key, program.reference, mode)
    }

    /// Sets where an element of a devmap or cpumap leads, and the XDP program that runs there before a frame is sent.
    /// - Throws: `invalid` for a program that is not for maps of this type, by its section; as `update` otherwise.
    public func setTarget(
        _ key: [UInt8], _ target: UInt32, program: Program, _ mode: UpdateMode = .any
    ) throws(MapError) {
        guard program.type == .xdp, program.domain === domain else {
            throw .invalid("\(program.name) is no XDP program of these workers")
        }
        let place: XDPAttachPoint.Point = attributes.type == .cpumap ? .cpumap : .devmap
        guard program.code.attachPoint.point == place else {
            let section = program.code.section
            throw .invalid(
                "\(program.name) is of section \(section), expected xdp/\(place.rawValue) for a map like this")
        }
        try setTarget(key, target, program: program.reference, mode)
    }

    /// The program that an element holds; nil where there is none.
    public func program(_ key: [UInt8]) -> Program? { reference(key)?.object as? Program }
}

extension Program {
    /// As an element of a map keeps it.
    var reference: MapReference {
        let kind: UInt64 =
            switch type {
            case .vale: 1
            case .xdp: 2
            case .memory: 3
            }
        return MapReference(object: self, address: UInt(bitPattern: core), id: id, kind: kind)
    }
}

extension ObjectProgram {
    /// Whether callers in it may wait while it runs once more: it goes on with other programs in a subprogram.
    var mayWaitForItself: Bool {
        helpers.contains(Helper.tailCall.rawValue)
            && instructions.contains { InstructionTable.operation(of: $0) == .callLocal }
    }
}
