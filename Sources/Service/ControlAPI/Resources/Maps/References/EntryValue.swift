import Engine
import Maps

/// What a request writes into an element: bytes, or what an element of a map of references refers to.
enum EntryValue: Sendable {
    case bytes([UInt8])
    case map(Map)
    case program(Program)
    /// Where frames go, and the program that runs there.
    case target(UInt32, Program?)

    /// As user space reads it afterwards.
    func stored(size: Int) -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .map(let map): Self.word(map.id)
        case .program(let program): Self.word(program.id)
        case .target(let number, let program):
            Array((Self.word(number) + Self.word(program?.id ?? 0)).prefix(size))
        }
    }

    private static func word(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

extension Map {
    func update(_ key: [UInt8], _ value: EntryValue, _ mode: UpdateMode) throws(MapError) {
        switch value {
        case .bytes(let bytes): try update(key, bytes, mode)
        case .map(let map): try setMap(key, map, mode)
        case .program(let program): try setProgram(key, program, mode)
        case .target(let number, let program?): try setTarget(key, number, program: program, mode)
        case .target(let number, nil): try setTarget(key, number, mode)
        }
    }
}
