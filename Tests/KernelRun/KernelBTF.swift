import CLinux
import Glibc
import Object

/// The little BTF that the kernel asks for: functions of a program with callbacks, values with a spin lock.
final class KernelBTF {
    let descriptor: Int32
    /// Numbers of the types that were asked for: functions, or key and value.
    let types: [UInt32]

    /// One static `int f(void)` a function.
    init(functions count: Int) throws(KernelError) {
        var builder = Builder()
        let int = builder.int(bytes: 4)
        let prototype = builder.add(kind: 13, sizeOrType: int)
        types = (0..<count).map { builder.add(kind: 12, name: "f\($0)", sizeOrType: prototype) }
        descriptor = try builder.load()
    }

    /// A key, and a struct as value with `struct bpf_spin_lock` at byte `spinLockOffset`.
    init(map: MapAttributes, spinLockOffset: Int) throws(KernelError) {
        var builder = Builder()
        let byte = builder.int(bytes: 1)
        let word = builder.int(bytes: 4)
        let lock = builder.add(
            kind: 4, name: "bpf_spin_lock", count: 1, sizeOrType: 4, words: [builder.string("val"), word, 0])
        let key = map.keySize == 4 ? word : builder.array(of: byte, index: word, count: map.keySize)
        let before = builder.array(of: byte, index: word, count: spinLockOffset)
        let after = builder.array(of: byte, index: word, count: map.valueSize - spinLockOffset - 4)
        let members = [
            builder.string("before"), before, 0, builder.string("lock"), lock, UInt32(8 * spinLockOffset),
            builder.string("after"), after, UInt32(8 * (spinLockOffset + 4)),
        ]
        let value = builder.add(
            kind: 4, name: "value", count: 3, sizeOrType: UInt32(map.valueSize), words: members)
        types = [key, value]
        descriptor = try builder.load()
    }

    deinit { close(descriptor) }

    /// Layout: <linux/btf.h>.
    private struct Builder {
        private var words: [UInt32] = []
        private var strings: [UInt8] = [0]
        private var count: UInt32 = 0

        mutating func string(_ text: String) -> UInt32 {
            defer { strings += Array(text.utf8) + [0] }
            return UInt32(strings.count)
        }

        /// Adds a type. Answers its number.
        mutating func add(
            kind: UInt32, name: String? = nil, count members: UInt32 = 0, sizeOrType: UInt32, words more: [UInt32] = []
        ) -> UInt32 {
            words += [name.map { string($0) } ?? 0, kind << 24 | members, sizeOrType] + more
            count += 1
            return count
        }

        mutating func int(bytes: UInt32) -> UInt32 {
            add(kind: 1, name: "int\(8 * bytes)", sizeOrType: bytes, words: [8 * bytes])
        }

        mutating func array(of element: UInt32, index: UInt32, count: Int) -> UInt32 {
            add(kind: 3, sizeOrType: 0, words: [element, index, UInt32(count)])
        }

        func load() throws(KernelError) -> Int32 {
            let bytes = UInt32(4 * words.count)
            let header: [UInt32] = [0x0001_eb9f, 24, 0, bytes, bytes, UInt32(strings.count)]
            let data = (header + words).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            let result = clinux_bpf_btf_load(data + strings, UInt32(data.count + strings.count))
            guard result >= 0 else { throw KernelError(operation: "BTF", errno: -result) }
            return result
        }
    }
}

/// The kernel did not do what a test needs.
struct KernelError: Error, CustomStringConvertible {
    let operation: String
    let errno: Int32

    var description: String { "\(operation): \(String(cString: strerror(errno)))" }
}
