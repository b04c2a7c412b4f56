import Engine
import Foundation
import HTTP

/// Health, metrics, version and the document of the API.
struct ServiceRoutes {
    let configuration: ControlConfiguration
    let document: StaticFile?

    init(_ configuration: ControlConfiguration) {
        self.configuration = configuration
        document = configuration.openAPIPath.flatMap { StaticFile(path: $0, contentType: "application/yaml") }
    }

    var endpoints: [Endpoint] {
        let version = configuration.version
        let document = document
        let engines = Program.Engine.allCases.filter(\.isAvailable).map { JSON.string($0.rawValue) }
        return [
            .get("/v1/version") { context throws(Problem) in
                context.answer([
                    "name": "swale", "version": .string(version), "api": "v1", "engines": .array(engines),
                    "workers": .integer(context.control.dataplane.domain.workers),
                    "started": .string(Timestamp.text(context.control.started)),
                ])
            },
            .get("/healthz") { context throws(Problem) in context.answer(["status": "ok"]) },
            .get("/readyz") { context throws(Problem) in
                guard context.control.isReady else { throw Problem(.notReady, "the service is starting or ending") }
                return context.answer(["status": "ok"])
            },
            .get("/metrics", at: .reader) { context throws(Problem) in
                Metrics.response(context.control, version: version)
            },
            .get("/openapi.yaml") { context throws(Problem) in
                guard let document else { throw .notFound("this service was started without its openapi.yaml") }
                return document.response(to: context.request)
            },
        ]
    }
}
