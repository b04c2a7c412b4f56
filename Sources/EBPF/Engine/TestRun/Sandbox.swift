import Maps
import Object

/// A program of an object on copies of the object's maps, in a domain of its own: no worker sees what it does.
public final class Sandbox: Sendable {
    public let program: Program
    /// Its one worker is who runs the program.
    public let domain = WorkerDomain()
    /// What the program prints.
    public let trace = TraceLog()
    /// In the order of the object's maps.
    public let maps: [Map]
    /// The same, as they were at first.
    private let originals: [Map]

    /// Bytes that the maps may hold together, keys and values.
    public static let contentLimit = 64 << 20

    /// - Parameter checksAccesses: check every access as it happens, by the interpreter, so that runs can be traced.
    public init(
        _ object: LoadedObject, function: String?, type: ProgramType, checksAccesses: Bool = false
    ) throws(LoadError) {
        let code = try object.file.program(function, type: type)
        let verification = object.verifier.verify(code, as: type)
        if let rejection = verification.rejection { throw .rejected(rejection) }
        let content = object.maps.reduce(0) { $0 + $1.map.contentBytes }
        guard content <= Self.contentLimit else {
            throw .option(
                "the maps hold \(content >> 20) MiB, more than the \(Self.contentLimit >> 20) MiB that are copied")
        }
        var maps: [Map] = []
        var originals: [Map] = []
        for loaded in object.maps {
            do throws(MapError) {
                let copy = try loaded.map.copy(domain: domain)
                maps.append(copy)
                originals.append(try copy.copy(domain: domain))
            } catch {
                throw .map(name: loaded.definition.name, error)
            }
        }
        self.maps = maps
        self.originals = originals
        var options = object.options.program
        options.fib = options.fib?.copy(domain: domain)
        options.checksAccesses = options.checksAccesses || checksAccesses
        program = Program(
            code, type: type, maps: maps, domain: domain, trace: trace, options: options,
            facts: verification.verdict.facts, verification: verification)
        for map in maps { map.addOwner() }
        copyPrograms(of: object, options)
    }

    deinit {
        for map in maps { map.removeOwner() }
    }

    /// Maps of programs hold programs of the object on these maps; those of other objects are left out.
    private func copyPrograms(of object: LoadedObject, _ options: Program.Options) {
        var made: [UInt32: Program] = [:]
        for (loaded, map) in zip(object.maps, maps) where map.attributes.type == .progArray {
            for (key, reference, _) in loaded.map.allReferences {
                guard let original = reference?.object as? Program, let verification = original.verification,
                    object.file.programs.contains(original.code)
                else { continue }
                let copy =
                    made[original.id]
                    ?? Program(
                        original.code, type: original.type, maps: maps, domain: domain, trace: trace, options: options,
                        facts: verification.verdict.facts, verification: verification)
                made[original.id] = copy
                // The map has room for what a map of the same size held.
                try? map.setProgram(key, copy)
            }
        }
    }

    /// Calls `body` with each element of a map that runs made, changed (then there is a value before and after it) or
    /// deleted, until it returns false. Values are as wide as `maps[index].userValueSize`.
    ///
    /// - Throws: `notPermitted` where user space must not read the map.
    public func forEachChange(
        ofMap index: Int,
        _ body: (_ key: ArraySlice<UInt8>, _ before: ArraySlice<UInt8>?, _ after: ArraySlice<UInt8>?) -> Bool
    ) throws(MapError) {
        try maps[index].forEachChange(since: originals[index], body)
    }
}
