import CLinux
import Glibc
import Object

/// A program in the running kernel, loaded as XDP, which packets can be sent through. Needs root.
final class KernelProgram {
    let descriptor: Int32
    private let maps: KernelMaps

    /// Map references of `program` are indices into `maps`.
    init(
        _ program: ObjectProgram, maps: KernelMaps, attachment: KernelVerifier.Attachment = .interface,
        hasFragments: Bool = false
    ) throws(KernelError) {
        let (result, log) = try KernelVerifier.load(program, maps, attachment, hasFragments, logLevel: 4)
        guard result >= 0 else {
            throw KernelError(operation: "program \(program.name): \(log.suffix(1000))", errno: -result)
        }
        descriptor = result
        self.maps = maps
    }

    deinit { close(descriptor) }

    struct Outcome: Hashable, Sendable {
        var verdict: UInt32
        /// The packet as the program left it, behind `metadata`.
        var packet: [UInt8]
        var metadata: [UInt8] = []
    }

    /// Runs it once on a packet of at least 14 bytes, on CPU 0, as from the first queue of the loopback interface
    /// (ifindex 1).
    ///
    /// - Parameter metadata: at most 32 bytes, a multiple of 4.
    func run(_ packet: [UInt8], metadata: [UInt8] = []) throws(KernelError) -> Outcome {
        let input = metadata + packet
        var output = [UInt8](repeating: 0, count: 1 << 16)
        var run = clinux_bpf_run()
        let result = input.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { output in
                run.packet = input.baseAddress
                run.packet_size = UInt32(input.count)
                run.room = UInt32(output.count)
                run.output = output.baseAddress
                run.metadata = UInt32(metadata.count)
                return clinux_bpf_program_run(descriptor, &run)
            }
        }
        guard result >= 0 else { throw KernelError(operation: "test run", errno: -result) }
        let start = Int(run.metadata_out)
        return Outcome(
            verdict: run.verdict, packet: Array(output[start..<Int(run.room)]), metadata: Array(output[..<start]))
    }
}
