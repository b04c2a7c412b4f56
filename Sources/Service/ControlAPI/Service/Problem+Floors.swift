import Engine
import Maps
import Object
import Switching
import Verifier

extension Problem {
    /// What a map refused, for an operation with a key.
    init(_ error: MapError, mode: UpdateMode = .any) {
        switch error {
        case .noEntry:
            self.init(.noSuchEntry, "\(error)", status: mode == .exist ? .preconditionFailed : nil)
        case .exists: self.init(.exists, "\(error)")
        case .full, .noSpace: self.init(.mapFull, "\(error)")
        case .notPermitted: self.init(.readOnly, "\(error)")
        case .tooBig, .invalid, .badReference, .noWorker, .overflow: self.init(.invalid, "\(error)")
        case .noMemory: self.init(.conflict, "\(error)")
        case .unsupported, .notSupported, .noOperation: self.init(.unsupported, "\(error)")
        }
    }

    init(_ error: LoadError) {
        if case .rejected(let rejection) = error {
            self.init(rejection)
            return
        }
        self.init(.invalidObject, "\(error)")
        guard case .object(let error) = error else { return }
        switch error.kind {
        case .unknownName, .badValue: self.init(.invalid, "\(error)")
        default: self.init(error)
        }
    }

    /// What the verifier says against a program. That its time ran out is no verdict.
    init(_ rejection: Rejection) {
        let text = RejectionText(rejection)
        self.init(rejection.category == .timeLimit ? .timeLimit : .rejected, "\(text.place): \(text.summary)")
        members = [JSON.Member(name: "rejection", value: JSON(encoding: rejection))]
        if rejection.category == .timeLimit { headers[.retryAfter] = "5" }
    }

    init(_ error: ObjectError) {
        self.init(.invalidObject, "\(error)")
        var place: JSON = [:]
        if let section = error.section { place.set("section", .string(section)) }
        if let offset = error.offset { place.set("offset", .integer(offset)) }
        members = [JSON.Member(name: "object", value: place)]
    }

    init(_ error: SwitchError) {
        switch error {
        case .noSuchSwitch, .noSuchPort: self.init(.notFound, "\(error)")
        case .switchExists, .portExists, .portNumberTaken, .switchFull, .interfaceInUse, .tooManySwitches, .tooManyTaps,
            .system:
            self.init(.conflict, "\(error)")
        case .invalidOption, .invalidName, .invalidPortNumber, .noSuchInterface, .wrongProgramType, .notXDP,
            .notForPorts, .chainTooLong:
            self.init(.invalid, "\(error)")
        case .port(let error):
            switch error {
            case .noSuchInterface, .notEthernet, .badOption: self.init(.invalid, "\(error)")
            case .notPermitted: self.init(.unsupported, "\(error)")
            case .system: self.init(.conflict, "\(error)")
            }
        }
    }
}
