import Engine
import Glibc
import Maps
import Measuring
import Object

/// An object in Swale, its programs run by one engine.
public final class SwaleObject {
    public let object: LoadedObject
    public let domain: WorkerDomain
    public let engine: EngineChoice

    /// - Parameters:
    ///   - maxEntries: sizes of maps, by name.
    ///   - domain: the workers that programs run on.
    public init(
        path: String, engine: EngineChoice, maxEntries: [String: Int] = [:],
        domain: WorkerDomain = WorkerDomain(workers: 1)
    ) throws {
        guard let program = engine.options else { throw Failure("Swale has no \(engine.rawValue)") }
        var options = LoadOptions(maxEntries: maxEntries, program: program)
        // Loops of thousands of operations, verified on a machine that may be busy.
        options.verifier.limits.cpuMilliseconds = 30_000
        self.domain = domain
        self.engine = engine
        // What is for Linux only is not verified: functions are when they are asked for.
        let verifier = try ObjectVerifier(elf: try FileBytes.read(path), options: options)
        object = try LoadedObject(verifier, options: options, domain: domain, trace: TraceLog())
    }

    public func program(_ name: String, type: ProgramType = .xdp) throws -> Program {
        do throws(LoadError) {
            return try object.program(function: name, type: type)
        } catch {
            throw Failure("Swale does not load \(name): \(error)")
        }
    }

    public func map(_ name: String) throws -> Map {
        guard let map = object.maps.first(where: { $0.definition.name == name })?.map else {
            throw Failure("the object has no map \(name)")
        }
        return map
    }
}

/// The bytes of a file.
public enum FileBytes {
    public static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw Failure("can't open \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let size = max(ftell(file), 0)
        rewind(file)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = fread(buffer.baseAddress, 1, size, file)
        }
    }
}
