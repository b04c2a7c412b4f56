/// The helpers that programs may call, by Linux's numbers (`enum bpf_func_id`, <linux/bpf.h>).
public enum Helper: UInt32, CaseIterable, Hashable, Sendable {
    case mapLookupElem = 1
    case mapUpdateElem = 2
    case mapDeleteElem = 3
    case ktimeGetNs = 5
    case tracePrintk = 6
    case getPrandomU32 = 7
    case getSmpProcessorID = 8

    /// The name in C: `bpf_map_lookup_elem`.
    public var name: String {
        switch self {
        case .mapLookupElem: "bpf_map_lookup_elem"
        case .mapUpdateElem: "bpf_map_update_elem"
        case .mapDeleteElem: "bpf_map_delete_elem"
        case .ktimeGetNs: "bpf_ktime_get_ns"
        case .tracePrintk: "bpf_trace_printk"
        case .getPrandomU32: "bpf_get_prandom_u32"
        case .getSmpProcessorID: "bpf_get_smp_processor_id"
        }
    }
}
