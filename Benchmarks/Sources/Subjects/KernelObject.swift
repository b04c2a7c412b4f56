import CKernel
import Glibc
import Measuring

/// An object in the running kernel.
public final class KernelObject {
    /// The baseline's name in the table.
    public static let name = "Linux"
    /// Why there is no kernel to compare with; nil where there is.
    public static let missing: String? = ckernel_may_load() ? nil : "no bpf(2): not root?"
    /// CPUs for which per-CPU maps hold values.
    public static let possibleCPUs = max(Int(ckernel_possible_cpus()), 1)

    private let object: OpaquePointer

    /// - Parameter map: the map that gets room for `maxEntries`.
    public init(path: String, map: String? = nil, maxEntries: Int = 0) throws {
        guard let object = ckernel_load(path, map, UInt32(maxEntries)) else {
            throw Failure("the kernel does not load \(path): \(String(cString: strerror(errno)))")
        }
        self.object = object
    }

    deinit { ckernel_close(object) }

    /// Descriptors are valid while this object lives.
    public func program(_ name: String) throws -> Int32 {
        let descriptor = ckernel_program(object, name)
        guard descriptor >= 0 else { throw Failure("the object has no program \(name)") }
        return descriptor
    }

    public func map(_ name: String) throws -> Int32 {
        let descriptor = ckernel_map(object, name)
        guard descriptor >= 0 else { throw Failure("the object has no map \(name)") }
        return descriptor
    }

    /// Runs a program on a frame, which keeps what it writes. Its result, and the time of a run without the system call.
    @discardableResult
    public static func run(
        _ program: Int32, _ frame: UnsafeMutableRawBufferPointer, runs: UInt32 = 1
    ) throws -> (result: UInt32, nanoseconds: Double) {
        var result: UInt32 = 0
        var nanoseconds: UInt32 = 0
        var error: Int32 = 0
        // The time is the kernel's; this notes whether others ran meanwhile.
        _ = Clock.time {
            error = ckernel_run(program, frame.baseAddress, UInt32(frame.count), runs, &result, &nanoseconds)
        }
        guard error == 0 else { throw Failure("BPF_PROG_TEST_RUN: \(String(cString: strerror(-error)))") }
        return (result, Double(nanoseconds))
    }
}
