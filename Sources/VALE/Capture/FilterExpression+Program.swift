import Classic
import Engine
import Maps

extension FilterExpression {
    /// The expression as a program of type `xdp` that passes what matches; verified, and native where that can be.
    public static func program(_ text: String, domain: WorkerDomain, trace: TraceLog) throws(CaptureError) -> Program {
        let instructions = try compile(text)
        do {
            let code = try ClassicProgram(instructions).translated(name: "filter", FilterVerdicts.xdp)
            return try Program(verifying: code, type: .xdp, domain: domain, trace: trace)
        } catch {
            throw CaptureError("\(error)")
        }
    }
}
