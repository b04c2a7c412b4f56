import CBaselines
import Object
import Subjects

/// A program of `Benchmarks/programs/programs.c`, with the frames that it gets.
struct Scenario {
    let name: String
    let program: String
    var variety = FrameBatch.Variety.none
    /// How a switch runs it. The kernel knows nothing of `vale`.
    var type = ProgramType.xdp
    /// Frames in a burst.
    var burst = FrameBatch.count
    /// Runs within one, in the kernel.
    var repeats = Int(REPEATS)

    static let all = [
        Scenario(name: "no logic", program: "no_logic"),
        Scenario(name: "packet count", program: "packet_count"),
        Scenario(name: "learning bridge, 1 flow", program: "bridge"),
        Scenario(name: "learning bridge, 256 MACs", program: "bridge", variety: .macs),
        Scenario(name: "learning bridge on a hash, 1 flow", program: "hash_bridge"),
        Scenario(name: "learning bridge on a hash, 256 MACs", program: "hash_bridge", variety: .macs),
        Scenario(name: "load balancer, 256 flows", program: "load_balancer", variety: .ports),
        Scenario(name: "1000 x 32-bit mix", program: "mix32", burst: 16, repeats: Int(MIX_REPEATS)),
        Scenario(name: "1000 x 64-bit mix", program: "mix64", burst: 16, repeats: Int(MIX_REPEATS)),
        Scenario(name: "no logic (vale)", program: "no_logic", type: .vale),
        Scenario(name: "learning bridge, 1 flow (vale)", program: "bridge", type: .vale),
        Scenario(name: "learning bridge, 256 MACs (vale)", program: "bridge", variety: .macs, type: .vale),
    ]

    /// Fills the load balancer's maps, a block a run.
    static let fill = "fill_load_balancer"
    static let fillBlocks = 16
}
