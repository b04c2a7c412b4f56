import HTTP
import HTTPTypes
import Switching

/// The REST API and the status page: what an `HTTPServer` serves.
public final class ControlService: RequestHandler {
    let control: Control
    private let router: Router

    /// - Parameter dataplane: the service makes its switches and ports; it stays the caller's to stop.
    public init(configuration: ControlConfiguration, dataplane: Dataplane) {
        let control = Control(dataplane: dataplane, configuration: configuration)
        self.control = control
        let endpoints =
            ProgramRoutes.endpoints + MapRoutes.endpoints + EntryRoutes.endpoints + SwitchRoutes.endpoints
            + CaptureRoutes.endpoints + FIBRoutes.endpoints + ObservationRoutes.endpoints
            + [EventRoute.endpoint]
            + ServiceRoutes(configuration).endpoints
        var router = Router(
            fallback: SiteHandler(site: configuration.webRoot.map { StaticSite(root: $0) }, control: control))
        for endpoint in endpoints { router.add(endpoint.route(control)) }
        self.router = router
    }

    /// From here on `/readyz` says that the service goes away.
    public func beginShutdown() { control.isReady = false }

    public func bodyLimit(for request: Request) -> Int { router.bodyLimit(for: request) }

    public func handle(_ request: Request, _ responder: Responder) { router.handle(request, responder) }
}

extension Endpoint {
    /// On a thread of its own choice, with every refusal as a problem document.
    func route(_ control: Control) -> Route {
        Route(method, template, bodyLimit: bodyLimit) { request, responder in
            let work: @Sendable () -> Void = { responder.respond(answer(request, control)) }
            switch place {
            case .loop: work()
            case .reader: control.reader.async(execute: work)
            case .writer: control.writer.async(execute: work)
            case .verifier: submit(work, to: control.verification, responder)
            case .testRun: submit(work, to: control.testRuns, responder)
            }
        }
    }

    private func submit(_ work: @escaping ThreadPool.Work, to pool: ThreadPool, _ responder: Responder) {
        let isQueued = pool.submit {
            // Nobody waits for the answer any more, and nothing has begun.
            if !responder.isCancelled { work() }
        }
        if !isQueued { responder.respond(Problem.busy.response) }
    }

    private func answer(_ request: Request, _ control: Control) -> Response {
        do {
            try check(request)
            var response = try run(Context(request: request, control: control))
            if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
            response.headers[.xContentTypeOptions] = "nosniff"
            return response
        } catch {
            return error.response
        }
    }
}

/// The status page, and 404 for everything else.
private struct SiteHandler: RequestHandler {
    let site: StaticSite?
    let control: Control

    func bodyLimit(for request: Request) -> Int { 1 << 16 }

    func handle(_ request: Request, _ responder: Responder) {
        control.reader.async { responder.respond(answer(request)) }
    }

    private func answer(_ request: Request) -> Response {
        let isRead = request.method == .get || request.method == .head
        guard var response = site?.response(to: request) else {
            return Problem.notFound("nothing is at \(request.path)").response
        }
        guard isRead else {
            let isOptions = request.method == .options
            let allow: HTTPFields = [.allow: "GET, HEAD, OPTIONS"]
            return isOptions
                ? Response(status: .noContent, headers: allow)
                : .problem(.methodNotAllowed, "\(request.method) is not for this", headers: allow)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
