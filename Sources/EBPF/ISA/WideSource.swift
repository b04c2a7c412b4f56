/// What the 64 bits of `LDDW` are: its `src` field. Source: RFC 9669 section 5.4; `BPF_PSEUDO_...`, <linux/bpf.h>.
public enum WideSource: UInt8, CaseIterable, Hashable, Sendable {
    /// The number itself.
    case imm64 = 0
    /// `BPF_PSEUDO_MAP_FD`: the map `imm`.
    case map = 1
    /// `BPF_PSEUDO_MAP_VALUE`: the address of the first value of map `imm`, plus `next_imm`.
    case mapValue = 2
    /// `BPF_PSEUDO_BTF_ID`: the address of variable `imm` of the platform.
    case variable = 3
    /// `BPF_PSEUDO_FUNC`: the address of the function at `imm` slots from the next instruction slot.
    case function = 4
    /// `BPF_PSEUDO_MAP_IDX`: the map `imm` of a list given beside the program.
    case mapIndex = 5
    /// `BPF_PSEUDO_MAP_IDX_VALUE`: the address of the first value of map `imm` of that list, plus `next_imm`.
    case mapIndexValue = 6

    /// Whether the second slot's `imm` has a meaning; where not, it is zero.
    var usesNextImm: Bool {
        switch self {
        case .imm64, .mapValue, .variable, .mapIndexValue: true
        case .map, .function, .mapIndex: false
        }
    }
}
