/// The variables that a program has from the configuration of the kernel (`__kconfig`), as the only value of a read-only
/// array: what libbpf makes of section `.kconfig`.
struct KernelConfiguration {
    /// By name the byte offset in the value.
    private(set) var offsets: [String: Int] = [:]
    private(set) var definition: MapDefinition?

    static let section = ".kconfig"

    /// The Linux whose semantics are offered: `KERNEL_VERSION(6, 18, 0)`.
    private static let version: UInt64 = 6 << 16 | 18 << 8

    /// - Throws: `unresolved` for a variable that has no value here and is not weak.
    init(_ elf: ELFFile, btf: BTF?) throws(ObjectError) {
        guard let btf, btf.dataSection(named: Self.section) != nil else { return }
        var bytes: [UInt8] = []
        for variable in btf.variables(inSection: Self.section) {
            guard let size = btf.size(of: variable.type), (1...4096).contains(size), bytes.count < 1 << 16 else {
                throw ObjectError(.malformed, section: ".BTF", "variable \"\(variable.name)\" has no size")
            }
            let isWeak = elf.symbols.contains { $0.name == variable.name && $0.binding == ELFFile.Symbol.weak }
            guard let value = Self.value(variable.name) ?? (isWeak ? 0 : nil) else {
                throw ObjectError(
                    .unresolved, section: Self.section,
                    "\"\(variable.name)\" is of a kernel's configuration, and here is none; a weak one would be 0")
            }
            bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
            offsets[variable.name] = bytes.count
            bytes += (0..<size).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) : 0 }
        }
        guard !bytes.isEmpty else { return }
        definition = MapDefinition(
            name: Self.section,
            attributes: MapAttributes(
                type: .array, keySize: 4, valueSize: bytes.count, maxEntries: 1, flags: .readOnlyProgram),
            valueType: nil, initialValue: bytes)
    }

    private static func value(_ name: String) -> UInt64? {
        switch name {
        case "LINUX_KERNEL_VERSION": version
        // As `bpf_jiffies64` counts.
        case "CONFIG_HZ": 250
        case "LINUX_HAS_BPF_COOKIE", "LINUX_HAS_SYSCALL_WRAPPER": 0
        default: nil
        }
    }
}
