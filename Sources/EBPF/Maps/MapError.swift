import Glibc
import Object

/// Why an operation on a map was refused; `errno` is what bpf(2) would have said.
public enum MapError: Error, Hashable, Sendable {
    /// No element has this key, or an array has no such index. ENOENT
    case noEntry
    /// `BPF_NOEXIST`, and the element is there. EEXIST
    case exists
    /// As many elements as `maxEntries`. E2BIG
    case full
    /// An index past the end of an array, or an attribute above its limit. E2BIG
    case tooBig(String)
    /// EINVAL
    case invalid(String)
    /// The map's flags, or its being frozen, forbid it. EPERM
    case notPermitted
    /// ENOMEM
    case noMemory(String)
    /// A flag that Linux knows and has no such map for. ENOTSUPP, which glibc does not know
    case notSupported(String)
    /// An element that needs a map or a program, and was given a number. EBADF
    case badReference(String)
    /// No worker has this number. ENODEV
    case noWorker
    /// A number above its limit. EOVERFLOW
    case overflow
    /// An operation that maps of this type don't have. EOPNOTSUPP
    case noOperation(String)
    /// As many prefixes as `maxEntries`. ENOSPC
    case noSpace
    /// No map of this type can be created (yet). EINVAL
    case unsupported(MapType)

    public var errno: Int32 {
        switch self {
        case .noEntry: ENOENT
        case .exists: EEXIST
        case .full, .tooBig: E2BIG
        case .invalid, .unsupported: EINVAL
        case .notPermitted: EPERM
        case .noMemory: ENOMEM
        case .notSupported: 524
        case .noOperation: EOPNOTSUPP
        case .badReference: EBADF
        case .noWorker: ENODEV
        case .overflow: EOVERFLOW
        case .noSpace: ENOSPC
        }
    }
}

extension MapError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noEntry: "no element has this key"
        case .exists: "an element with this key exists"
        case .full, .noSpace: "the map is full"
        case .tooBig(let what), .invalid(let what), .noMemory(let what), .notSupported(let what),
            .noOperation(let what), .badReference(let what):
            what
        case .noWorker: "no worker has this number"
        case .overflow: "the number is above its limit"
        case .notPermitted: "the map's flags forbid it"
        case .unsupported(let type): "maps of type \(type.name) are not supported"
        }
    }
}

/// `BPF_ANY`, `BPF_NOEXIST` and `BPF_EXIST`, <linux/bpf.h>.
public enum UpdateMode: UInt64, Hashable, Sendable {
    /// Inserts or overwrites.
    case any = 0
    /// Only inserts.
    case noExist = 1
    /// Only overwrites.
    case exist = 2
}

/// How an operation ended, as programs see it: 0 or a negated errno.
enum MapStatus: Int32 {
    case done = 0
    case noEntry = 2
    case tooBig = 7
    case noMemory = 12
    case noSpace = 28
    case badReference = 9
    case noDevice = 19
    case overflow = 75
    case noOperation = 95
    case notSupported = 524
    case exists = 17
    case invalid = 22

    @inline(__always)
    var result: Int64 { -Int64(rawValue) }
}
