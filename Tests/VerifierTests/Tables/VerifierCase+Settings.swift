import Object
import Verifier

@testable import KernelRun

extension VerifierCase {
    /// Takes in one line `key: value` below a header. False if it cannot be read.
    mutating func set(_ key: Substring, _ value: Substring) -> Bool {
        let words = value.split(separator: " ")
        switch key {
        case "type":
            guard let type = ProgramType(rawValue: String(value)) else { return false }
            self.type = type
        case "map":
            guard let map = MapDescription(words, name: "map\(maps.count)") else { return false }
            maps.append(map)
        case "kernel":
            guard words.first == "accepts," || words.first == "refuses," else { return false }
            kernel = KernelMark(accepts: words[0] == "accepts,", reason: words.dropFirst().joined(separator: " "))
        case "attach":
            guard value == "devmap" || value == "cpumap" else { return false }
            attachment = value == "devmap" ? .devmap : .cpumap
        case "memory":
            guard let bytes = Int(value) else { return false }
            options.memoryBytes = bytes
        case "limit":
            return limit(words)
        case "offered":
            return offer(words)
        default: return false
        }
        return true
    }

    /// `instructions 1000`
    private mutating func limit(_ words: [Substring]) -> Bool {
        guard words.count == 2, let number = Int(words[1]) else { return false }
        switch words[0] {
        case "instructions": options.limits.instructions = number
        case "branches": options.limits.pendingBranches = number
        case "words": options.limits.comparedWords = number
        case "bytes": options.limits.stateBytes = number
        default: return false
        }
        return true
    }

    /// `map_lookup_elem redirect array`: helpers and map types; `nothing`.
    private mutating func offer(_ words: [Substring]) -> Bool {
        options.assumeOffered = false
        for word in words where word != "nothing" {
            if let helper = helperNumbers[String(word)] {
                options.offered.helpers.insert(helper)
            } else if let type = MapType(name: String(word)) {
                options.offered.mapTypes.insert(type)
            } else {
                return false
            }
        }
        return true
    }
}

extension MapDescription {
    /// `array 4 8 16`: type, sizes and entries, then what else there is: `rdonly_prog`, `wronly_prog`, `lock=4`,
    /// `value=00010203...`, `inner=array:4:8:16` with flags behind further colons.
    init?(_ words: [Substring], name: String) {
        guard let attributes = MapAttributes(words.prefix(4)) else { return nil }
        self.init(name: name, attributes: attributes)
        for word in words.dropFirst(4) {
            let parts = word.split(separator: "=")
            switch parts[0] {
            case "lock": spinLockOffset = Int(parts[1])
            case "inner":
                inner = MapAttributes(parts[1].split(separator: ":")[...])
                if inner == nil { return nil }
            case "value":
                let digits = Array(parts[1])
                let bytes = stride(from: 0, to: digits.count, by: 2).map {
                    UInt8(String(digits[$0..<$0 + 2]), radix: 16)!
                }
                constantValue = bytes + [UInt8](repeating: 0, count: attributes.valueSize - bytes.count)
            default:
                guard let flag = MapFlags(name: word) else { return nil }
                self.attributes.flags.formUnion(flag)
            }
        }
    }
}

extension MapAttributes {
    fileprivate init?(_ words: ArraySlice<Substring>) {
        let numbers = words.dropFirst().prefix(3).compactMap { Int($0) }
        guard let type = words.first.flatMap({ MapType(name: String($0)) }), numbers.count == 3 else { return nil }
        self.init(type: type, keySize: numbers[0], valueSize: numbers[1], maxEntries: numbers[2])
        for word in words.dropFirst(4) {
            guard let flag = MapFlags(name: word) else { return nil }
            flags.formUnion(flag)
        }
    }
}

extension MapFlags {
    fileprivate init?(name: Substring) {
        switch name {
        case "rdonly_prog": self = .readOnlyProgram
        case "wronly_prog": self = .writeOnlyProgram
        case "no_prealloc": self = .noPrealloc
        case "inner_map": self = .innerMap
        default: return nil
        }
    }
}
