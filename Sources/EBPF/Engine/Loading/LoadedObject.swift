import Maps
import Object
import Synchronization

/// An uploaded object: verified, its maps created, its programs made on demand. The facade of the EBPF floor.
///
/// ```
/// let object = try LoadedObject(elf: bytes, domain: domain, trace: trace)
/// let program = try object.program(type: .vale)
/// program.executable.run(&frames, count: n, results: &results, slot: worker)
/// ```
public final class LoadedObject: Sendable {
    /// What was verified, and how it ended.
    public let verifier: ObjectVerifier
    public var file: ObjectFile { verifier.file }
    /// In the order of `file.maps`.
    public let maps: [LoadedMap]
    /// Maps of maps and programs that refer to them as long as an object has them.
    private let owned: [Map]
    private let domain: WorkerDomain
    private let trace: TraceLog
    let options: LoadOptions

    private struct Key: Hashable {
        var function: String
        var type: ProgramType
    }
    private let programs = Mutex<[Key: Program]>([:])

    /// A map of the object.
    public struct LoadedMap: Sendable {
        public let definition: MapDefinition
        public let map: Map
        /// Whether the map came from the object that this one replaces.
        public let carriedOver: Bool
        /// `.rodata` and `.kconfig`: user space may not write to it either.
        public var frozen: Bool {
            definition.isDataSection && [".rodata", ".kconfig"].contains(where: definition.name.hasPrefix)
        }
    }

    /// Loads an object: parses it, verifies every function and creates its maps.
    ///
    /// - Parameters:
    ///   - elf: what `clang -target bpf` wrote.
    ///   - replacing: the object that this one takes the place of. Maps equal in name, type, sizes, flags and entries
    ///     are carried over, those of data sections are not.
    public convenience init(
        elf: [UInt8], options: LoadOptions = LoadOptions(), domain: WorkerDomain, trace: TraceLog,
        replacing old: LoadedObject? = nil
    ) throws(LoadError) {
        let verifier = try ObjectVerifier(elf: elf, options: options)
        if let rejection = verifier.verifyUpload().rejection { throw .rejected(rejection) }
        try self.init(verifier, options: options, domain: domain, trace: trace, replacing: old)
    }

    /// Creates the maps of an object whose functions may have been verified; one that was not is when its program is
    /// asked for.
    public init(
        _ verifier: ObjectVerifier, options: LoadOptions = LoadOptions(), domain: WorkerDomain, trace: TraceLog,
        replacing old: LoadedObject? = nil
    ) throws(LoadError) {
        var maps: [LoadedMap] = []
        for definition in verifier.file.maps {
            maps.append(try Self.map(definition.adjusted(domain), options, domain, old))
        }
        self.verifier = verifier
        self.maps = maps
        self.domain = domain
        self.trace = trace
        self.options = options
        owned = maps.map(\.map).filter { map in
            map.attributes.type.holdsReferences && !options.useMaps.values.contains { $0 === map }
        }
        for map in owned { map.addOwner() }
        for map in maps where !map.carriedOver { try place(map) }
    }

    deinit {
        for map in owned { map.removeOwner() }
    }

    private static func map(
        _ definition: MapDefinition, _ options: LoadOptions, _ domain: WorkerDomain, _ old: LoadedObject?
    ) throws(LoadError) -> LoadedMap {
        if let map = options.useMaps[definition.name] {
            // The verifier may have taken a constant's value for granted.
            guard !definition.isDataSection else {
                throw .option("map \(definition.name) is a data section, which can't be another map")
            }
            guard map.attributes == definition.attributes else {
                throw .option(
                    "map \(definition.name): \(map.name) has other attributes than the object declares")
            }
            return LoadedMap(definition: definition, map: map, carriedOver: true)
        }
        // What stands by itself was lent to the old object, and is the new one's only where its options say so too.
        if !definition.isDataSection, let old, old.options.useMaps[definition.name] == nil,
            // Of programs it has its own.
            definition.attributes.type != .progArray || definition.values.isEmpty,
            let kept = old.maps.first(where: {
                $0.definition.name == definition.name && $0.map.attributes == definition.attributes
                    && $0.map.inner == definition.inner
            })
        {
            return LoadedMap(definition: definition, map: kept.map, carriedOver: true)
        }
        do throws(MapError) {
            let map = try Map(definition.attributes, domain: domain, name: definition.name, inner: definition.inner)
            if let bytes = definition.initialValue, let value = map.core.directValue() {
                let count = min(bytes.count, definition.attributes.valueSize)
                bytes.withUnsafeBytes {
                    value.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(value), byteCount: count)
                }
            }
            let loaded = LoadedMap(definition: definition, map: map, carriedOver: false)
            // The verifier took its values for constants.
            if loaded.frozen { map.freeze() }
            return loaded
        } catch {
            throw .map(name: definition.name, error)
        }
    }

    /// The program of a function, verified, made once for each type.
    ///
    /// - Parameter function: may be nil where the object has one program, or one of this type.
    public func program(function: String? = nil, type: ProgramType) throws(LoadError) -> Program {
        let code = try file.program(function, type: type)
        let key = Key(function: code.name, type: type)
        if let known = programs.withLock({ $0[key] }) { return known }
        let verification = verifier.verify(code, as: type)
        if let rejection = verification.rejection { throw .rejected(rejection) }
        let made = Program(
            code, type: type, maps: maps.map(\.map), domain: domain, trace: trace, options: options.program,
            facts: verification.verdict.facts, verification: verification, objectName: options.name)
        return programs.withLock { programs in
            if let known = programs[key] { return known }
            programs[key] = made
            return made
        }
    }

    /// Puts maps and programs into a map that has them from the start.
    private func place(_ loaded: LoadedMap) throws(LoadError) {
        for value in loaded.definition.values {
            let index = UInt32(truncatingIfNeeded: value.index)
            let key = withUnsafeBytes(of: index.littleEndian) { Array($0) }
            if loaded.map.attributes.type == .progArray {
                let program = try program(function: value.name, type: file.type(of: value.name))
                try Self.named(loaded) { () throws(MapError) in try loaded.map.setProgram(key, program) }
            } else if let inner = maps.first(where: { $0.definition.name == value.name }) {
                try Self.named(loaded) { () throws(MapError) in try loaded.map.setMap(key, inner.map) }
            } else {
                throw .option("map \(loaded.definition.name) holds \(value.name), which is no map of the object")
            }
        }
    }

    private static func named(_ map: LoadedMap, _ body: () throws(MapError) -> Void) throws(LoadError) {
        do throws(MapError) { try body() } catch { throw .map(name: map.definition.name, error) }
    }

    /// The programs made so far.
    public var madePrograms: [Program] {
        programs.withLock { $0.values.sorted { ($0.name, $0.type.rawValue) < ($1.name, $1.type.rawValue) } }
    }

}

extension MapDefinition {
    func adjusted(_ domain: WorkerDomain) -> MapDefinition {
        var definition = self
        definition.attributes = attributes.adjusted(domain)
        return definition
    }
}

extension ObjectFile {
    /// The type of a function that only a map refers to: what its section says, or that of the rest.
    func type(of function: String) -> ProgramType {
        programs.first { $0.name == function }?.type ?? programs.lazy.compactMap(\.type).first ?? .xdp
    }

    /// The code of `function`, which may be nil where the object has one program, or one of this type.
    public func program(_ function: String?, type: ProgramType) throws(LoadError) -> ObjectProgram {
        let names = programs.map(\.name)
        if let function {
            guard let code = programs.first(where: { $0.name == function }) else {
                throw .noSuchFunction(function, available: names)
            }
            if let declared = code.type, declared != type {
                throw .wrongType(function: function, is: declared, wanted: type)
            }
            return code
        }
        let fitting = programs.filter { $0.type == nil || $0.type == type }
        if fitting.count == 1, let code = fitting.first { return code }
        let declared = fitting.filter { $0.type == type }
        if declared.count == 1, let code = declared.first { return code }
        if fitting.isEmpty, programs.count == 1, let code = programs.first, let other = code.type {
            throw .wrongType(function: code.name, is: other, wanted: type)
        }
        throw .functionNotNamed(available: names)
    }
}
