import CLinux

/// Memory that holds native code: readable and executable, never writable.
///
/// Small programs share a `CodeFile`, as a file, a seal and a mapping of its own would take longer than compiling one.
struct CodeMemory: ~Copyable {
    let base: UnsafeRawPointer
    let bytes: Int
    /// Keeps the memory.
    private let file: CodeFile

    /// Nil where the system has no memory for it, or lets nothing run that was not a file on a disk.
    init?(_ code: [UInt8]) {
        guard !code.isEmpty, let (file, offset) = CodeFile.place(code) else { return nil }
        self.file = file
        base = file.base + offset
        bytes = code.count
        clinux_code_written(base, code.count)
    }
}
