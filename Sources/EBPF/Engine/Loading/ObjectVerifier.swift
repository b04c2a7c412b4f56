import ISA
import Object
import Synchronization
import Verifier

/// An object that was read, with its load-time options applied, and what the verifier says of its functions; nothing is
/// created yet. A verdict is found once for each function and type, on the thread that asks first.
public final class ObjectVerifier: Sendable {
    public let file: ObjectFile
    public let options: Verifier.Options
    private let maps: [MapDescription]

    private struct Key: Hashable {
        var function: String
        var type: ProgramType
    }
    private let known = Mutex<[Key: Verification]>([:])

    public convenience init(elf: [UInt8], options: LoadOptions = LoadOptions()) throws(LoadError) {
        let file: ObjectFile
        do throws(ObjectError) {
            file = try ObjectFile(elf: elf)
        } catch {
            throw .object(error)
        }
        try self.init(file, options: options)
    }

    /// Applies `options` to `file`.
    public init(_ file: ObjectFile, options: LoadOptions = LoadOptions()) throws(LoadError) {
        var file = file
        do throws(ObjectError) {
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
        self.file = file
        self.options = options.verifier
        maps = file.maps.map { definition in
            var description = MapDescription(definition: definition, btf: file.btf)
            // Another map's content may change.
            if options.useMaps[definition.name] != nil { description.constantValue = nil }
            return description
        }
    }

    /// The verdict on a function as a program of `type`. One that ran out of time is not kept.
    public func verify(_ code: ObjectProgram, as type: ProgramType) -> Verification {
        verify(code, as: type, budget: options.limits.cpuMilliseconds)
    }

    /// The verdict as the type that the section says. Where it says nothing: as a vale program and, if it is refused as
    /// that, as an XDP program.
    public func verify(_ code: ObjectProgram) -> Verification {
        verify(code, undeclared: nil, budget: options.limits.cpuMilliseconds)
    }

    /// Every function of the object, in its order, each with the time that its limits allow.
    ///
    /// - Parameter type: for functions whose section says nothing; nil tries vale, then XDP.
    public func verifyAll(undeclared type: ProgramType? = nil) -> ObjectVerdict {
        let budget = options.limits.cpuMilliseconds
        let verifications = file.programs.map { verify($0, undeclared: type, budget: budget) }
        return ObjectVerdict(file: file, verifications: verifications, options: options)
    }

    /// Times a function's CPU time that an upload may take.
    static let budgetFactor = 5

    /// Every function of the object, in its order, for as long as somebody may wait: once time has run out for one, or for
    /// all of them together, it has run out for the rest.
    public func verifyUpload() -> ObjectVerdict {
        let limit = options.limits.cpuMilliseconds
        var left = limit * Self.budgetFactor * 1000
        let verifications = file.programs.map { code in
            let verification = verify(code, undeclared: nil, budget: min(limit, max(left / 1000, 0)))
            let isOver = verification.rejection?.category == .timeLimit
            left = isOver ? 0 : left - verification.verdict.statistics.cpuMicroseconds
            return verification
        }
        return ObjectVerdict(file: file, verifications: verifications, options: options)
    }

    /// The verdicts on a function so far, by type.
    public func verifications(of function: String) -> [Verification] {
        known.withLock { known in known.values.filter { $0.function == function } }
            .sorted { $0.type.rawValue < $1.type.rawValue }
    }

    /// Verifies again and keeps the log.
    public func log(_ code: ObjectProgram, as type: ProgramType, bytes: Int) -> Verification {
        var options = options
        options.keepsLog = true
        options.limits.logBytes = bytes
        let verdict = Verifier.verify(code, type: type, maps: maps, options: options)
        return Verification(function: code.name, type: type, verdict: verdict)
    }

    private func verify(_ code: ObjectProgram, undeclared type: ProgramType?, budget: Int) -> Verification {
        if let type = code.type ?? type { return verify(code, as: type, budget: budget) }
        let vale = verify(code, as: .vale, budget: budget)
        guard let rejection = vale.rejection, rejection.category != .timeLimit else { return vale }
        let xdp = verify(code, as: .xdp, budget: budget)
        guard let other = xdp.rejection, other.category != .timeLimit else { return xdp }
        // A context or a helper of the other type tells what the function is not.
        let isNoVale = Self.foreign.contains(rejection.category) && !Self.foreign.contains(other.category)
        return isNoVale ? xdp : vale
    }

    private static let foreign: Set<Rejection.Category> = [.contextAccess, .badCall]

    private func verify(_ code: ObjectProgram, as type: ProgramType, budget: Int) -> Verification {
        let key = Key(function: code.name, type: type)
        if let verification = known.withLock({ $0[key] }) { return verification }
        var options = options
        options.limits.cpuMilliseconds = budget
        let verdict = Verifier.verify(code, type: type, maps: maps, options: options)
        let verification = Verification(function: code.name, type: type, verdict: verdict)
        if verdict.rejection?.category != .timeLimit { known.withLock { $0[key] = verification } }
        return verification
    }
}

/// What the verifier says of an object.
public struct ObjectVerdict: Sendable {
    /// One for each function.
    public let verifications: [Verification]
    /// Why the object is not loaded, and the function that it is about: a flaw before the end of time, and what is not
    /// offered only where there is nothing else, all of it then.
    public let rejection: Rejection?
    public let refused: Verification?

    init(file: ObjectFile, verifications: [Verification], options: Verifier.Options) {
        self.verifications = verifications
        let refused = verifications.filter { !$0.isAccepted }
        let flawed = refused.first { ![.notOffered, .timeLimit].contains($0.rejection?.category) }
        let first = flawed ?? refused.first { $0.rejection?.category == .timeLimit } ?? refused.first
        self.refused = first
        if let first, first.rejection?.category != .notOffered {
            rejection = first.rejection
        } else {
            rejection = Self.missing(file, refused, options) ?? first?.rejection
        }
    }

    /// What the object as a whole lacks, where no single function says all of it.
    private static func missing(
        _ file: ObjectFile, _ refused: [Verification], _ options: Verifier.Options
    ) -> Rejection? {
        guard !options.assumeOffered else { return nil }
        let maps = file.maps.filter { !options.offered.mapTypes.contains($0.attributes.type) }
        let names = Set(refused.map(\.function))
        let code = file.programs.filter { names.contains($0.name) }
        let helpers = code.reduce(into: Set<UInt32>()) { $0.formUnion($1.helpers.subtracting(options.offered.helpers)) }
        guard code.count != 1 || !maps.isEmpty else { return nil }
        let what =
            helpers.sorted().map { Verifier.helperWithReason($0) }
            + maps.map { "map type \($0.attributes.type.name) (\($0.name))" }
        guard !what.isEmpty else { return nil }
        var rejection = refused.first?.rejection ?? Rejection(.notOffered, "")
        rejection.reason = "Swale does not offer yet: \(what.joined(separator: ", "))"
        return rejection
    }
}

extension ObjectProgram {
    /// Numbers of the helpers that it calls.
    public var helpers: Set<UInt32> {
        var numbers: Set<UInt32> = []
        var slot = 0
        while slot < instructions.count {
            let instruction = instructions[slot]
            if InstructionTable.operation(of: instruction) == .callHelper {
                numbers.insert(UInt32(bitPattern: instruction.imm))
            }
            slot += instruction.isWide ? 2 : 1
        }
        return numbers
    }
}
