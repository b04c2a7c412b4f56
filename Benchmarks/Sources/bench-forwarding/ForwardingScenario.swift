/// A program of `Benchmarks/programs/programs.c` and the frames that it sends from port 0 to port 1.
struct ForwardingScenario {
    let program: String
    let about: String
    /// Bytes of a frame.
    let length: Int
    /// MAC addresses, half of them behind each port; 1 is one flow.
    let addresses: Int

    /// Frames that differ, at most.
    static let burst = 256

    var name: String { "\(about), \(length) bytes" }

    static let all = [64, 1500].flatMap { length in
        [
            ForwardingScenario(program: "bridge", about: "learning bridge, 1 flow", length: length, addresses: 1),
            ForwardingScenario(program: "bridge", about: "learning bridge, 256 MACs", length: length, addresses: 256),
            ForwardingScenario(
                program: "hash_bridge", about: "learning bridge on a hash, 256 MACs", length: length, addresses: 256),
        ]
    }
}
