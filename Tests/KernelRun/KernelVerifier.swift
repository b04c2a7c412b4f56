import CLinux
import Glibc
import ISA
import Object
import Verifier

/// The running kernel's verifier: loads programs as XDP, under the license GPL. Needs root.
///
/// Functions are loaded as static ones: each is verified at its calls, as Swale does, and global functions are not
/// verified on their own.
enum KernelVerifier {
    enum Verdict: Hashable, Sendable, CustomStringConvertible {
        case accepted
        /// The log's last line, which says why; the errno where the log is empty.
        case refused(String)

        var isAccepted: Bool { self == .accepted }

        var description: String {
            switch self {
            case .accepted: "accepted"
            case .refused(let reason): "refused: \(reason)"
            }
        }
    }

    /// Where a program is to be attached. `enum bpf_attach_type`, <linux/bpf.h>.
    enum Attachment: UInt32, Sendable {
        case interface = 0
        /// `BPF_XDP_DEVMAP`: the only one that may read `egress_ifindex`.
        case devmap = 33
        /// `BPF_XDP_CPUMAP`
        case cpumap = 35
    }

    /// `BPF_PROG_TYPE_XDP`
    private static let programType: UInt32 = 6
    /// `BPF_F_XDP_HAS_FRAGS`
    private static let hasFragmentsFlag: UInt32 = 1 << 5

    /// Whether bpf(2) loads programs here, which takes CAP_BPF and CAP_NET_ADMIN.
    static let isAvailable: Bool = {
        let code = [Instruction(opcode: 0xb7), Instruction(opcode: 0x95)]
        return (try? verify(ObjectProgram(name: "probe", instructions: code)).isAccepted) ?? false
    }()

    /// The verdict on `program`, whose map references are indices into `maps`.
    static func verify(
        _ program: ObjectProgram, maps: [MapDescription] = [], attachment: Attachment = .interface,
        hasFragments: Bool = false
    ) throws(KernelError) -> Verdict {
        try verify(program, maps: try KernelMaps(maps), attachment: attachment, hasFragments: hasFragments)
    }

    /// The same for several programs over one set of maps.
    static func verify(
        _ program: ObjectProgram, maps: KernelMaps, attachment: Attachment = .interface, hasFragments: Bool = false
    ) throws(KernelError) -> Verdict {
        let (result, log) = try load(program, maps, attachment, hasFragments, logLevel: 4)
        if result >= 0 {
            close(result)
            return .accepted
        }
        let reason = log.split(separator: "\n").last { !isStatistics($0) }
        return .refused(reason.map(String.init) ?? String(cString: strerror(-result)))
    }

    /// What the kernel says at `BPF_LOG_LEVEL1`: instructions and states up to the flaw, at most the last MiB of it.
    static func log(
        _ program: ObjectProgram, maps: [MapDescription] = [], attachment: Attachment = .interface
    ) throws(KernelError) -> String {
        let (result, log) = try load(program, KernelMaps(maps), attachment, false, logLevel: 1, logBytes: 1 << 20)
        if result >= 0 { close(result) }
        return log
    }

    /// The program's descriptor, which is the caller's to close, or a negated errno; and the log.
    static func load(
        _ program: ObjectProgram, _ maps: KernelMaps, _ attachment: Attachment, _ hasFragments: Bool,
        logLevel: UInt32, logBytes: Int = 1 << 16
    ) throws(KernelError) -> (result: Int32, log: String) {
        // Callbacks and tail calls in subprograms need to be told of as functions.
        let starts = starts(program.instructions)
        let functions = starts.count > 1 ? starts : []
        let btf = functions.isEmpty ? nil : try KernelBTF(functions: functions.count)
        let functionInfo = zip(functions, btf?.types ?? []).flatMap { [UInt32($0), $1] }
        let code = patched(program.instructions, maps.descriptors).map(\.wire.littleEndian)
        var log = [CChar](repeating: 0, count: logBytes)
        let result = log.withUnsafeMutableBufferPointer { log in
            code.withUnsafeBufferPointer { code in
                functionInfo.withUnsafeBufferPointer { functionInfo in
                    var load = clinux_bpf_program(
                        type: programType, expected_attach_type: attachment.rawValue,
                        flags: hasFragments ? hasFragmentsFlag : 0, log_level: logLevel, instructions: code.baseAddress,
                        instruction_count: UInt32(code.count), function_count: UInt32(functions.count),
                        functions: functionInfo.baseAddress, btf: btf?.descriptor ?? -1,
                        log_size: UInt32(log.count), log: log.baseAddress)
                    return withExtendedLifetime((btf, maps)) { clinux_bpf_program_load(&load) }
                }
            }
        }
        if result == -EPERM, geteuid() != 0 { throw KernelError(operation: "program", errno: EPERM) }
        return (result, String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// What `BPF_LOG_STATS` adds behind the reason.
    private static func isStatistics(_ line: Substring) -> Bool {
        line.hasPrefix("processed ") || line.hasPrefix("verification time ") || line.hasPrefix("stack depth ")
    }

    /// Map references turned from indices to descriptors; an index that there is no map for becomes no descriptor.
    private static func patched(_ instructions: [Instruction], _ descriptors: [Int32]) -> [Instruction] {
        var result = instructions
        forEachWide(instructions) { slot, source in
            guard source == .map || source == .mapValue else { return }
            let index = Int(instructions[slot].imm)
            result[slot].imm = descriptors.indices.contains(index) ? descriptors[index] : -1
        }
        return result
    }

    /// Where functions begin: the entry, what is called, and what has its address taken.
    private static func starts(_ instructions: [Instruction]) -> [Int] {
        var starts: Set = [0]
        forEachWide(instructions) { slot, source in
            if source == .function { starts.insert(slot + 1 + Int(instructions[slot].imm)) }
        }
        for (slot, insn) in instructions.enumerated() where insn.opcode == 0x85 && insn.src == 1 {
            starts.insert(slot + 1 + Int(insn.imm))
        }
        return starts.filter(instructions.indices.contains).sorted()
    }

    private static func forEachWide(_ instructions: [Instruction], _ body: (Int, WideSource) -> Void) {
        var slot = 0
        while slot < instructions.count {
            if instructions[slot].isWide, let source = WideSource(rawValue: instructions[slot].src) {
                body(slot, source)
            }
            slot += instructions[slot].isWide ? 2 : 1
        }
    }
}
