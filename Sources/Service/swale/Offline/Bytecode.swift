import ISA

/// Bytecode as conformance suites give it to commands: hex on standard input.
enum Bytecode {
    static func read() throws(Failure) -> [Instruction] {
        guard let code = Hex.bytes(String(decoding: try InputFile.read("-"), as: UTF8.self)), !code.isEmpty else {
            throw .badUsage("standard input is not bytecode in hex")
        }
        do {
            return try InstructionCodec.decode(code)
        } catch {
            throw .badUsage("\(error)")
        }
    }
}
