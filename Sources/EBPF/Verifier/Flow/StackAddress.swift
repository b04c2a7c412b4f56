/// What a register may hold, as far as the addresses of its function's own stack go.
enum StackAddress: Hashable, Sendable {
    /// No address of this function's stack; a caller's may be.
    case other
    case constant(Int64)
    /// The map of this index.
    case map(Int32)
    /// r10 plus this, if it is used as an address at all.
    case stack(Int)
    /// Maybe an address of this function's stack, nobody knows which.
    case anywhere

    var mayBeStack: Bool {
        switch self {
        case .stack, .anywhere: true
        case .other, .constant, .map: false
        }
    }

    /// What it is after anything but an addition or a copy.
    var blurred: StackAddress { mayBeStack ? .anywhere : .other }

    func joined(_ other: StackAddress) -> StackAddress {
        if self == other { return self }
        return mayBeStack || other.mayBeStack ? .anywhere : .other
    }

    static func + (a: StackAddress, b: StackAddress) -> StackAddress {
        switch (a, b) {
        case (.constant(let a), .constant(let b)): .constant(a &+ b)
        case (.stack(let offset), .constant(let by)), (.constant(let by), .stack(let offset)):
            // Beyond this nothing is an address; and nothing overflows.
            abs(offset) <= 1 << 20 && by.magnitude <= 1 << 20 ? .stack(offset + Int(by)) : .anywhere
        default: a.mayBeStack || b.mayBeStack ? .anywhere : .other
        }
    }

    var negated: StackAddress {
        if case .constant(let value) = self { .constant(0 &- value) } else { blurred }
    }
}

/// Addresses in the registers, and those that were stored to the stack, before an instruction.
struct StackAddresses: Hashable, Sendable {
    /// r0 to r10.
    var registers: [StackAddress]
    /// Aligned 8 bytes of the stack that may hold an address of this stack, ascending by offset.
    private(set) var spills: [Spill] = []
    /// Whether an address may be anywhere on the stack.
    private(set) var spilledAnywhere = false

    struct Spill: Hashable, Sendable {
        var offset: Int
        var address: StackAddress
    }

    /// What a function starts with: the arguments are no addresses of its own stack.
    init() {
        registers = Array(repeating: .other, count: 10) + [.stack(0)]
    }

    /// Takes in what holds on another way to the same instruction. Answers whether anything changed.
    mutating func join(_ other: StackAddresses) -> Bool {
        var changed = false
        for index in registers.indices where registers[index] != other.registers[index] {
            let joined = registers[index].joined(other.registers[index])
            changed = changed || joined != registers[index]
            registers[index] = joined
        }
        if other.spilledAnywhere && !spilledAnywhere {
            spilledAnywhere = true
            changed = true
        }
        if spills != other.spills {
            let merged = Self.merge(spills, other.spills)
            changed = changed || merged != spills
            spills = merged
        }
        return changed
    }

    /// What may be stored after one way or the other.
    private static func merge(_ a: [Spill], _ b: [Spill]) -> [Spill] {
        var merged: [Spill] = []
        merged.reserveCapacity(max(a.count, b.count))
        var i = 0
        var j = 0
        while i < a.count || j < b.count {
            if j == b.count || i < a.count && a[i].offset < b[j].offset {
                merged.append(Spill(offset: a[i].offset, address: a[i].address.joined(.other)))
                i += 1
            } else if i == a.count || b[j].offset < a[i].offset {
                merged.append(Spill(offset: b[j].offset, address: b[j].address.joined(.other)))
                j += 1
            } else {
                merged.append(Spill(offset: a[i].offset, address: a[i].address.joined(b[j].address)))
                i += 1
                j += 1
            }
        }
        return merged
    }

    private func spill(at offset: Int) -> StackAddress {
        spills.first { $0.offset == offset }?.address ?? .other
    }

    private mutating func set(_ offset: Int, _ address: StackAddress) {
        let place = spills.firstIndex { $0.offset >= offset } ?? spills.count
        let isThere = place < spills.count && spills[place].offset == offset
        if !address.mayBeStack {
            if isThere { spills.remove(at: place) }
        } else if isThere {
            spills[place].address = address
        } else {
            spills.insert(Spill(offset: offset, address: address), at: place)
        }
    }

    /// A store of `bytes` bytes through `base`.
    mutating func store(_ address: StackAddress, through base: StackAddress, offset: Int, bytes: Int) {
        switch base {
        case .stack(let from) where (from + offset) % 8 == 0 && bytes == 8 && (-512..<0).contains(from + offset):
            set(from + offset, address)
        case .stack where bytes < 8 && !address.mayBeStack:
            // What is left of an address is no address.
            break
        case .stack, .anywhere:
            if address.mayBeStack { spilledAnywhere = true }
            blurSpills()
        case .other, .constant, .map: break
        }
    }

    /// A store to a place that is not known may have replaced what was stored there.
    private mutating func blurSpills() {
        for index in spills.indices { spills[index].address = .anywhere }
    }

    /// Whoever gets an address of the stack may store it anywhere on it.
    mutating func escape() {
        spills = stride(from: -512, to: 0, by: 8).map { Spill(offset: $0, address: .anywhere) }
    }

    /// What a load of 8 bytes through `base` brings.
    func load(through base: StackAddress, offset: Int) -> StackAddress {
        switch base {
        case .stack(let from):
            if spilledAnywhere { return .anywhere }
            if (from + offset) % 8 == 0 { return spill(at: from + offset) }
            return spills.isEmpty ? .other : .anywhere
        case .anywhere: return spilledAnywhere || !spills.isEmpty ? .anywhere : .other
        case .other, .constant, .map: return .other
        }
    }
}
