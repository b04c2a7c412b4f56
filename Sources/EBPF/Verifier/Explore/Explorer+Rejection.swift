import ISA
import Object

// What a rejection says.
extension Explorer {
    /// The rejection of the instruction that is being taken.
    func reject(
        _ category: Rejection.Category, _ reason: String, registers involved: [Int] = [], hint: String? = nil,
        stackByte: Int? = nil, hottest: Int? = nil
    ) -> Rejection {
        let at = hottest ?? slot
        var rejection = Rejection(category, reason)
        rejection.function = flow.functions[flow.function(at: at)].name
        rejection.instruction = at
        rejection.suggestion = hint
        var seen: [Int] = []
        for number in involved where !seen.contains(number) {
            seen.append(number)
            rejection.registers.append(
                Rejection.RegisterState(
                    name: "r\(number)", type: registers[number].typeName, value: registers[number].summary(maps)))
        }
        failing = Failing(registers: seen, stackByte: stackByte, frame: state.frames.count - 1)
        return rejection
    }

    /// What the path to a rejection is searched for.
    struct Failing {
        var registers: [Int]
        var stackByte: Int?
        var frame: Int
    }
}

extension Step {
    var name: String {
        switch kind {
        case .alu:
            switch alu {
            case .add: "+"
            case .sub: "-"
            case .mul: "*"
            case .div, .sdiv: "/"
            case .mod, .smod: "%"
            case .or: "|"
            case .and: "&"
            case .xor: "^"
            case .lsh: "<<"
            case .rsh, .arsh: ">>"
            case .neg: "negation"
            }
        case .negate: "negation"
        case .swapBytes, .truncateBytes: "a byte swap"
        case .moveSignExtended: "a sign extension"
        default: "this"
        }
    }
}

extension Register {
    /// What it is, with an article: `a packet pointer`.
    var noun: String {
        if isPointerBits { return "a number made of a pointer" }
        return switch kind {
        case .uninitialized: "nothing"
        case .scalar: "a number"
        case .context: "the context"
        case .stack: "a stack pointer"
        case .packet: "a packet pointer"
        case .packetMeta: "a pointer to packet metadata"
        case .packetEnd: "the packet's end"
        case .map: "a map"
        case .mapKey: "a pointer to a map's key"
        case .mapValue: "a pointer to a map's value"
        case .memory: "a pointer to memory"
        case .function: "the address of a function"
        }
    }

    /// What it points to.
    var target: String {
        switch kind {
        case .mapValue: "a map's value"
        case .mapKey: "a map's key"
        case .memory: "memory"
        default: noun
        }
    }

    /// What an offset is counted from.
    var origin: String {
        offset == 0 && hasFixedOffset ? "the pointer" : hasFixedOffset ? "its start" : "the pointer's variable part"
    }

    /// One word, stable: the API shows it.
    var typeName: String {
        switch kind {
        case .uninitialized: "uninitialized"
        case .scalar: "number"
        case .context: "context"
        case .stack: "stack"
        case .packet: "packet"
        case .packetMeta: "packet-meta"
        case .packetEnd: "packet-end"
        case .map: "map"
        case .mapKey: "map-key"
        case .mapValue: "map-value"
        case .memory: "memory"
        case .function: "function"
        }
    }

    /// What is known of it, in a few words: `packet+14, 20 bytes checked`.
    func summary(_ maps: [MapDescription]) -> String {
        switch kind {
        case .uninitialized:
            return switch absence {
            case .unwritten: "never written"
            case .call: "without meaning after a call"
            case .moved: "stale: the packet has moved"
            case .released: "stale: released"
            }
        case .scalar: return isPointerBits ? "bits of a pointer" : "\(number)"
        case .function: return "function at instruction \(offset)"
        default: break
        }
        var text = typeName
        if kind == .map || kind == .mapValue || kind == .mapKey {
            let name = maps.indices.contains(map.index) ? maps[map.index].name : "?"
            text += map.isInner ? " of a map in \(name)" : " of \(name)"
            if kind == .map { text = map.isInner ? "map in \(name)" : "map \(name)" }
        }
        if offset != 0 { text += offset > 0 ? "+\(offset)" : "\(offset)" }
        if !hasFixedOffset { text += "+(\(number))" }
        if kind == .packet || kind == .packetMeta { text += ", \(range) bytes checked" }
        if kind == .memory { text += ", \(size) bytes" }
        if kind == .stack && frame > 0 { text += " in frame \(frame)" }
        if mayBeNull { text += ", may be null" }
        return text
    }
}
