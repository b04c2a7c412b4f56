import ISA
import Maps
import Object
import Verifier

/// Why an object or one of its programs was not loaded.
public enum LoadError: Error {
    /// The bytes are no object that the loader takes.
    case object(ObjectError)
    /// A map of the object cannot be created.
    case map(name: String, MapError)
    /// A load-time option names what is not there or does not fit.
    case option(String)
    /// The verifier refuses a function.
    case rejected(Rejection)
    /// An instruction of a function that does not exist, or is malformed.
    case instruction(function: String, ISAError)
    /// A function calls a helper that is not offered.
    case helper(function: String, instruction: Int, number: Int32)
    /// A function refers to something that the engine does not offer.
    case unsupported(function: String, instruction: Int, what: String)
    case noSuchFunction(String, available: [String])
    /// No function was named, and there are several, or none.
    case functionNotNamed(available: [String])
    /// The section says that the function is for another use.
    case wrongType(function: String, is: ProgramType, wanted: ProgramType)
}

extension LoadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .object(let error): "\(error)"
        case .map(let name, let error): "map \(name): \(error)"
        case .option(let message): message
        case .rejected(let rejection):
            "\(RejectionText(rejection).place): \(RejectionText(rejection).summary)"
        case .instruction(let function, let error): "\(function): \(error)"
        case .helper(let function, let instruction, let number):
            "\(function): insn \(instruction): helper \(number) is not offered"
        case .unsupported(let function, let instruction, let what):
            "\(function): insn \(instruction): \(what)"
        case .noSuchFunction(let name, let available):
            "no function \(name); the object has \(Self.list(available))"
        case .functionNotNamed(let available):
            available.isEmpty
                ? "the object has no program" : "name a function: the object has \(Self.list(available))"
        case .wrongType(let function, let type, let wanted):
            "\(function) is a program of type \(type.rawValue), not \(wanted.rawValue)"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}
