import Engine
import HTTP
import Object
import Verifier

/// `/v1/programs/{program}/verifier-log`: verifies again, on the verification pool, and tells step by step.
enum VerifierLog {
    static func get(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.program(try context.program())
        let asked: ProgramType? = try context.choice("type")
        let code = try record.function(context.request.query("function"))
        let verifier = record.object.verifier
        let known = verifier.verifications(of: code.name).first(where: \.isAccepted)?.type
        let type = asked ?? known ?? code.type ?? .vale
        let verification = verifier.log(code, as: type, bytes: context.control.verifierLimits.logBytes)
        if let rejection = verification.rejection, rejection.category == .timeLimit { throw Problem(rejection) }
        var text = verification.verdict.log ?? ""
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        if let rejection = verification.rejection {
            text += RejectionText(rejection).text + "\n"
        } else {
            let statistics = verification.verdict.statistics
            text += "accepted as \(type.rawValue): \(statistics.instructionsExplored) instructions explored, "
            text += "\(statistics.statesStored) states, \(statistics.cpuMicroseconds) us\n"
        }
        return .text(text)
    }
}
