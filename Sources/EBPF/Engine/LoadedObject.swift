import Maps
import Object
import Synchronization

/// An uploaded object: its maps, created, and its programs, made on demand. The facade of the EBPF floor.
///
/// ```
/// let object = try LoadedObject(elf: bytes, domain: domain, trace: trace)
/// let program = try object.program(type: .vale)
/// program.executable.run(&frames, count: n, results: &results, slot: worker)
/// ```
public final class LoadedObject: Sendable {
    public let file: ObjectFile
    /// In the order of `file.maps`.
    public let maps: [LoadedMap]
    private let domain: WorkerDomain
    private let trace: TraceLog
    private let options: LoadOptions

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
        /// `.rodata`: user space may not write to it either.
        public var frozen: Bool { definition.isDataSection && definition.name.hasPrefix(".rodata") }
    }

    /// Loads an object: parses it, creates its maps and checks every function.
    ///
    /// - Parameters:
    ///   - elf: what `clang -target bpf` wrote.
    ///   - replacing: the object that this one takes the place of. Maps equal in name, type, sizes, flags and entries
    ///     are carried over, those of data sections are not.
    public init(
        elf: [UInt8], options: LoadOptions = LoadOptions(), domain: WorkerDomain, trace: TraceLog,
        replacing old: LoadedObject? = nil
    ) throws(LoadError) {
        var file: ObjectFile
        do throws(ObjectError) {
            file = try ObjectFile(elf: elf)
            if !options.constants.isEmpty { try file.apply(constants: options.constants) }
            for (name, count) in options.maxEntries.sorted(by: { $0.key < $1.key }) {
                try file.setMaxEntries(count, map: name)
            }
        } catch {
            throw .object(error)
        }
        for name in options.useMaps.keys.sorted() where !file.maps.contains(where: { $0.name == name }) {
            throw .option("the object has no map \(name)")
        }
        var maps: [LoadedMap] = []
        for definition in file.maps {
            maps.append(try Self.map(definition, options, domain, old))
        }
        self.file = file
        self.maps = maps
        self.domain = domain
        self.trace = trace
        self.options = options
        for program in file.programs {
            _ = try Program(
                program, type: program.type ?? .vale, maps: maps.map(\.map), domain: domain, trace: trace,
                options: options.program)
        }
    }

    private static func map(
        _ definition: MapDefinition, _ options: LoadOptions, _ domain: WorkerDomain, _ old: LoadedObject?
    ) throws(LoadError) -> LoadedMap {
        if let map = options.useMaps[definition.name] {
            guard map.attributes == definition.attributes else {
                throw .option(
                    "map \(definition.name): \(map.name) has other attributes than the object declares")
            }
            return LoadedMap(definition: definition, map: map, carriedOver: true)
        }
        // What stands by itself was lent to the old object, and is the new one's only where its options say so too.
        if !definition.isDataSection, let old, old.options.useMaps[definition.name] == nil,
            let kept = old.maps.first(where: {
                $0.definition.name == definition.name && $0.map.attributes == definition.attributes
            })
        {
            return LoadedMap(definition: definition, map: kept.map, carriedOver: true)
        }
        do throws(MapError) {
            let map = try Map(definition.attributes, domain: domain, name: definition.name)
            if let bytes = definition.initialValue, let value = map.core.directValue() {
                let count = min(bytes.count, definition.attributes.valueSize)
                bytes.withUnsafeBytes {
                    value.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(value), byteCount: count)
                }
            }
            return LoadedMap(definition: definition, map: map, carriedOver: false)
        } catch {
            throw .map(name: definition.name, error)
        }
    }

    /// The program of a function, made once for each type.
    ///
    /// - Parameter function: may be nil where the object has one program, or one of this type.
    public func program(function: String? = nil, type: ProgramType) throws(LoadError) -> Program {
        let code = try find(function, type)
        let key = Key(function: code.name, type: type)
        if let known = programs.withLock({ $0[key] }) { return known }
        let made = try Program(
            code, type: type, maps: maps.map(\.map), domain: domain, trace: trace, options: options.program)
        return programs.withLock { programs in
            if let known = programs[key] { return known }
            programs[key] = made
            return made
        }
    }

    /// The programs made so far.
    public var madePrograms: [Program] {
        programs.withLock { $0.values.sorted { ($0.name, $0.type.rawValue) < ($1.name, $1.type.rawValue) } }
    }

    private func find(_ function: String?, _ type: ProgramType) throws(LoadError) -> ObjectProgram {
        let names = file.programs.map(\.name)
        if let function {
            guard let code = file.programs.first(where: { $0.name == function }) else {
                throw .noSuchFunction(function, available: names)
            }
            if let declared = code.type, declared != type {
                throw .wrongType(function: function, is: declared, wanted: type)
            }
            return code
        }
        let fitting = file.programs.filter { $0.type == nil || $0.type == type }
        if fitting.count == 1, let code = fitting.first { return code }
        let declared = fitting.filter { $0.type == type }
        if declared.count == 1, let code = declared.first { return code }
        if fitting.isEmpty, file.programs.count == 1, let code = file.programs.first, let other = code.type {
            throw .wrongType(function: code.name, is: other, wanted: type)
        }
        throw .functionNotNamed(available: names)
    }
}
