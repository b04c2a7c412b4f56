import CLinux
import Glibc
import Synchronization

/// A memory file with native code, mapped readable and executable.
///
/// Code is written into the file with `pwrite`, behind what is there; when no more fits, the file is sealed against any
/// change. No mapping of it is ever writable and none changes its protection, so that this works where a process may not
/// gain executable memory (systemd's `MemoryDenyWriteExecute`, `PR_SET_MDWE`). No place is used twice: a processor that ran
/// what was there need not learn that it changed. The memory is freed with the last program in it.
final class CodeFile: Sendable {
    private struct Place {
        var descriptor: Int32
        var used = 0
    }

    /// Valid while this object lives.
    nonisolated(unsafe) let base: UnsafeRawPointer
    private let bytes: Int
    /// Where the next code goes; nil once the file is sealed.
    private let end: Mutex<Place?>

    /// The file that is being filled.
    private static let current = Mutex<CodeFile?>(nil)
    private static let usualBytes = 64 << 10
    /// Longer code has a file of its own.
    private static let mostShared = usualBytes / 4
    private static let alignment = 64

    /// Code in memory: its file, and its place there. Nil where the system has none.
    static func place(_ code: [UInt8]) -> (file: CodeFile, offset: Int)? {
        if code.count > mostShared {
            guard let file = CodeFile(bytes: code.count), let offset = file.append(code) else { return nil }
            file.seal()
            return (file, offset)
        }
        return current.withLock { current in
            if let file = current, let offset = file.append(code) { return (file, offset) }
            current?.seal()
            current = CodeFile(bytes: usualBytes)
            guard let file = current, let offset = file.append(code) else { return nil }
            return (file, offset)
        }
    }

    private init?(bytes: Int) {
        let file = clinux_code_file("swale-code")
        guard file >= 0 else { return nil }
        // Memory for all of it, now: later there is none that could be missing.
        guard posix_fallocate(file, 0, off_t(bytes)) == 0,
            let mapping = mmap(nil, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_POPULATE, file, 0),
            mapping != MAP_FAILED
        else {
            close(file)
            return nil
        }
        base = UnsafeRawPointer(mapping)
        self.bytes = bytes
        end = Mutex(Place(descriptor: file))
    }

    deinit {
        end.withLock { if let place = $0 { close(place.descriptor) } }
        munmap(UnsafeMutableRawPointer(mutating: base), bytes)
    }

    /// Nil where it does not fit.
    private func append(_ code: [UInt8]) -> Int? {
        end.withLock { end in
            guard let place = end, place.used + code.count <= bytes else { return nil }
            // What was begun and not ended is left alone, as code may be.
            end?.used = (place.used + code.count + Self.alignment - 1) & ~(Self.alignment - 1)
            return Self.write(code, to: place.descriptor, at: place.used) ? place.used : nil
        }
    }

    private func seal() {
        end.withLock { end in
            guard let place = end else { return }
            // Without the descriptor nobody can change the file, sealed or not.
            _ = clinux_seal_code_file(place.descriptor)
            close(place.descriptor)
            end = nil
        }
    }

    private static func write(_ code: [UInt8], to file: Int32, at start: Int) -> Bool {
        code.withUnsafeBytes { code in
            var done = 0
            while done < code.count {
                let from = code.baseAddress.unsafelyUnwrapped + done
                let count = pwrite(file, from, code.count - done, off_t(start + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}
