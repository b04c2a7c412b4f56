import ArgumentParser
import Object

/// `hash:4:8:1024` or `array:4:64:16:0x80`: type, bytes of a key and of a value, entries, flags of `BPF_MAP_CREATE`.
struct MapArgument: ExpressibleByArgument {
    var attributes: MapAttributes

    init?(argument: String) {
        let words = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard (4...5).contains(words.count), let type = Self.type(words[0]) else { return nil }
        let numbers = words.dropFirst().compactMap(Self.number)
        guard numbers.count == words.count - 1 else { return nil }
        attributes = MapAttributes(
            type: type, keySize: Int(numbers[0]), valueSize: Int(numbers[1]), maxEntries: Int(numbers[2]),
            flags: MapFlags(rawValue: numbers.count > 3 ? numbers[3] : 0))
    }

    /// By bpftool's name, or by its number in `enum bpf_map_type`.
    private static func type(_ word: Substring) -> MapType? {
        MapType(name: String(word)) ?? number(word).flatMap { MapType(rawValue: $0) }
    }

    private static func number(_ word: Substring) -> UInt32? {
        word.hasPrefix("0x") ? UInt32(word.dropFirst(2), radix: 16) : UInt32(word, radix: 10)
    }
}
