import Engine
import Foundation
import Object
import Verifier

/// Reads an upload and asks the verifier about it. On the verification pool: nothing here touches what was declared.
struct ProgramVerification {
    /// Of a log that is part of an answer.
    static let logBytes = 1 << 20

    let context: Context
    let upload: ProgramUpload

    init(_ context: Context, _ upload: ProgramUpload) {
        self.context = context
        self.upload = upload
    }

    /// - Throws: a problem with the verdict on each function, where one is refused.
    func verify() throws(Problem) -> ObjectVerifier {
        let file = try upload.file()
        var options = try LoadOptions(upload.options, file, context.control.state)
        options.verifier.limits = context.control.verifierLimits
        let verifier: ObjectVerifier
        do {
            verifier = try ObjectVerifier(file, options: options)
        } catch {
            throw Problem(error)
        }
        let verdict = verifier.verifyUpload()
        if let rejection = verdict.rejection { throw problem(rejection, verdict, verifier) }
        return verifier
    }

    private func problem(_ rejection: Rejection, _ verdict: ObjectVerdict, _ verifier: ObjectVerifier) -> Problem {
        var problem = Problem(rejection)
        func add(_ name: String, _ value: JSON) { problem.members.append(JSON.Member(name: name, value: value)) }
        let refused = verdict.refused
        if let refused {
            add("function", .string(refused.function))
            add("programType", .string(refused.type.rawValue))
        }
        add("functions", .array(verdict.verifications.map { JSON(encoding: $0) }))
        if context.wantsLog, let refused,
            let code = verifier.file.programs.first(where: { $0.name == refused.function })
        {
            let log = verifier.log(code, as: refused.type, bytes: Self.logBytes).verdict.log
            add("log", .string(log ?? ""))
        }
        return problem
    }
}

extension JSON {
    /// A document that the command line shows too.
    init(encoding document: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(document) else {
            self = .null
            return
        }
        self = .raw(Array(text))
    }
}
