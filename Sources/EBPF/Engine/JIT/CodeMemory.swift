import CLinux
import Glibc

/// Memory that holds native code: readable and executable, never writable.
///
/// The code is written into a memory file with `pwrite`, the file is sealed against any change, then it is mapped. No
/// mapping of it is ever writable and none changes its protection, so that this works where a process may not gain
/// executable memory (systemd's `MemoryDenyWriteExecute`, `PR_SET_MDWE`).
struct CodeMemory: ~Copyable {
    let base: UnsafeRawPointer
    let bytes: Int

    /// Nil where the system has no memory for it, or lets nothing run that was not a file on a disk.
    init?(_ code: [UInt8]) {
        let file = clinux_code_file("swale-code")
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard Self.write(code, to: file), clinux_seal_code_file(file) == 0 else { return nil }
        let mapping = mmap(nil, code.count, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0)
        guard let mapping, mapping != MAP_FAILED else { return nil }
        clinux_code_written(mapping, code.count)
        base = UnsafeRawPointer(mapping)
        bytes = code.count
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), bytes) }

    private static func write(_ code: [UInt8], to file: Int32) -> Bool {
        code.withUnsafeBytes { code in
            var done = 0
            while done < code.count {
                let count = pwrite(file, code.baseAddress.unsafelyUnwrapped + done, code.count - done, off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return !code.isEmpty
        }
    }
}
