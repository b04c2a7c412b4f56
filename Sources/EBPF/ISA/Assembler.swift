/// Assembly source to instructions, one instruction a line, in the syntax that ubpf made common.
///
/// ```
///     mov r0, 1               ; 64 bits; mov32 for 32. Also neg, be16, bswap64, movsx832, sdiv, smod32
///     ldxdw r2, [r1+8]        ; b, h, w, dw; ldxsb, ldxsh, ldxsw extend the sign
///     stxw [r10-4], r2        ; stw [r10-4], 5
///     jeq r2, 0, done         ; a label, or +3; jeq32 compares 32 bits
///     lddw r3, 0x1122334455667788
///     lddw r1, map 0          ; map_value 0+8, func label, variable 7, map_index 0, map_index_value 0+8
///     lock fetch_add [r1+0], r2   ; lock32 for 32 bits; add, or, and, xor, xchg, cmpxchg
///     call 1                  ; a helper; call local label, call kfunc 7, callx r3
/// done:
///     exit                    ; ja label, gotol label
///     .quad 0x95              ; any slot, as a little-endian number
/// ```
///
/// Comments begin with `#`, `;` or `//`; a register may have a `%` in front. Numbers are decimal or hexadecimal; those
/// of 32 bits may be written signed or unsigned.
public enum Assembler {
    /// Instruction slots of `source`. Nothing is checked beyond the syntax: see `InstructionValidator`.
    public static func assemble(_ source: String) throws(AssemblerError) -> [Instruction] {
        var statements: [AssemblyStatement] = []
        var labels: [String: Int] = [:]
        var slot = 0
        // A CR LF is one character of Swift's.
        let lines = source.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, text) in lines.enumerated() {
            do throws(AssemblerError.Problem) {
                var tokens = try AssemblyToken.scan(text)[...]
                while case .word(let label) = tokens.first, tokens.dropFirst().first == .mark(":") {
                    guard labels.updateValue(slot, forKey: label) == nil else { throw .repeatedLabel(label) }
                    tokens = tokens.dropFirst(2)
                }
                guard !tokens.isEmpty else { continue }
                let statement = try AssemblyStatement(tokens, line: index + 1, slot: slot)
                statements.append(statement)
                slot += statement.slots
            } catch {
                throw AssemblerError(line: index + 1, problem: error)
            }
        }
        var instructions: [Instruction] = []
        instructions.reserveCapacity(slot)
        for statement in statements {
            do throws(AssemblerError.Problem) {
                instructions += try statement.encode(labels: labels)
            } catch {
                throw AssemblerError(line: statement.line, problem: error)
            }
        }
        return instructions
    }
}
