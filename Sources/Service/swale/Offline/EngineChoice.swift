import ArgumentParser
import Engine
import Object
import Verifier

/// What runs a program.
enum EngineChoice: String, CaseIterable, ExpressibleByArgument {
    case interpreter
    case jit

    /// Fails where there is no such engine.
    func requireAvailable() throws(Failure) {
        guard self == .interpreter || Program.Engine.jit.isAvailable else {
            throw .badUsage("there is no JIT for this processor: use --engine interpreter")
        }
    }

    var engine: Program.Engine { self == .jit ? .jit : .interpreter }
}

extension LoadError {
    /// An object that can't be read is unreadable input; a choice that fits no function is bad usage; all else is a
    /// program refused.
    var failure: Failure {
        switch self {
        case .object(let error): error.failure
        case .rejected(let rejection): .failed(RejectionText(rejection).text)
        case .noSuchFunction, .functionNotNamed, .wrongType, .option: .badUsage("\(self)")
        default: .failed("\(self)")
        }
    }
}

extension Program {
    /// The fault of a run just ended in `slot`, as its user reads it: `insn 12: bad_access at 0x10`.
    func describe(_ fault: Fault, slot: Int) -> String {
        guard let last = lastFault(slot: slot) else { return fault.name }
        let place = fault == .badAccess ? " at 0x\(String(last.address, radix: 16))" : ""
        return "insn \(last.instruction): \(fault.name)\(place)"
    }
}

extension TraceLog {
    /// Prints what programs wrote with `bpf_trace_printk` on standard error.
    func printLines() {
        for line in lines() { printError(line.text) }
    }
}
