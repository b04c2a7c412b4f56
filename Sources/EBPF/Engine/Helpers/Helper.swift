import Verifier

/// The helpers that programs may call, by Linux's numbers (`enum bpf_func_id`, <linux/bpf.h>).
public enum Helper: UInt32, CaseIterable, Hashable, Sendable {
    case mapLookupElem = 1
    case mapUpdateElem = 2
    case mapDeleteElem = 3
    case ktimeGetNs = 5
    case tracePrintk = 6
    case getPrandomU32 = 7
    case getSmpProcessorID = 8
    case tailCall = 12
    case redirect = 23
    case perfEventOutput = 25
    case csumDiff = 28
    case getNumaNodeID = 42
    case xdpAdjustHead = 44
    case redirectMap = 51
    case xdpAdjustMeta = 54
    case xdpAdjustTail = 65
    case fibLookup = 69
    case mapPushElem = 87
    case mapPopElem = 88
    case mapPeekElem = 89
    case spinLock = 93
    case spinUnlock = 94
    case strtol = 105
    case strtoul = 106
    case jiffies64 = 118
    case ktimeGetBootNs = 125
    case ringbufOutput = 130
    case ringbufReserve = 131
    case ringbufSubmit = 132
    case ringbufDiscard = 133
    case ringbufQuery = 134
    case ktimeGetCoarseNs = 160
    case checkMTU = 163
    case forEachMapElem = 164
    case snprintf = 165
    case traceVprintk = 177
    case loop = 181
    case strncmp = 182
    case xdpGetBuffLen = 188
    case xdpLoadBytes = 189
    case xdpStoreBytes = 190
    case mapLookupPerCPUElem = 195
    case tcpRawGenSyncookieIPv4 = 204
    case tcpRawGenSyncookieIPv6 = 205
    case tcpRawCheckSyncookieIPv4 = 206
    case tcpRawCheckSyncookieIPv6 = 207
    case ktimeGetTaiNs = 208
    // Kernel functions, by `KernelFunction.helperNumber`.
    case xdpMetadataRXTimestamp = 0x1001
    case xdpMetadataRXHash = 0x1002
    case xdpMetadataRXVLANTag = 0x1003

    /// The name in C: `bpf_map_lookup_elem`.
    public var name: String { Verifier.helperName(rawValue) ?? "helper \(rawValue)" }

    /// The helper of this number. Hot path: those that are called for every frame are found without a search.
    @inline(__always)
    init?(number: UInt32) {
        switch number {
        case 1: self = .mapLookupElem
        case 2: self = .mapUpdateElem
        case 3: self = .mapDeleteElem
        case 5: self = .ktimeGetNs
        case 7: self = .getPrandomU32
        case 8: self = .getSmpProcessorID
        default: self.init(rawValue: number)
        }
    }

    /// What the engine knows of it.
    var entry: HelperEntry? { HelperEntry.table[Int(rawValue)] }
}
