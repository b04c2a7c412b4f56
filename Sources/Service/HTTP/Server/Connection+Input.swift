import HTTPTypes

/// From bytes to requests.
extension Connection {
    /// Idle or head: reads until a header section is complete.
    func readHead() -> Bool {
        do {
            let limits = HeadScanner.Limits(
                requestLine: limits.target, section: limits.headerSection, fields: limits.headerFields)
            if !input.isEmpty {
                if phase == .idle { phase = .head }
                if let length = try scanner.scan(input, limits: limits) {
                    try begin(headLength: length)
                    return true
                }
            }
        } catch {
            refuse(error)
            return true
        }
        if fill() { return true }
        if sawEnd { phase = .flushing }
        return sawEnd
    }

    private func begin(headLength: Int) throws(RequestError) {
        let head = try RequestHead(input.prefix(headLength), lines: scanner.lines, targetLimit: limits.target)
        input.consume(headLength)
        scanner = HeadScanner()
        requestNumber += 1
        closesAfterAnswer = !head.keepsAlive || loop.isDraining
        let request = Request(
            method: head.method, version: head.version, target: head.target, headers: head.fields, connection: info)
        self.request = request
        try loop.policy.check(head, info)
        if loop.bufferedBytes > limits.bufferedBytes { throw .overloaded("too much is held for clients") }
        decoder = BodyDecoder(head.framing)
        guard decoder != nil else { return dispatch() }
        bodyLimit = loop.handler.bodyLimit(for: request)
        if case .length(let length) = head.framing, length > bodyLimit { throw .bodyTooLarge(limit: bodyLimit) }
        phase = .body
        if head.expectsContinue && input.isEmpty { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    }

    func readBody() -> Bool {
        if loop.bufferedBytes > limits.bufferedBytes {
            refuse(.overloaded("too much is held for clients"))
            return true
        }
        do {
            let trailer = HeadScanner.Limits(
                requestLine: 0, section: limits.headerSection, fields: limits.headerFields)
            if !input.isEmpty,
                try decoder?.decode(&input, into: &body, limit: bodyLimit, trailer: trailer) ?? true
            {
                dispatch()
                return true
            }
        } catch {
            refuse(error)
            return true
        }
        if fill() { return true }
        // An incomplete request is not answered: the client is gone.
        if sawEnd { close() }
        return false
    }

    /// The request is complete: to the handler.
    private func dispatch() {
        guard var request else { return }
        request.body = body
        heldBytes = body.count
        body = []
        decoder = nil
        phase = .waiting
        if request.path == "*" { return answer(requestNumber, Self.serverOptions) }
        let token = token
        let number = requestNumber
        let loop = loop
        let responder = Responder(life: life) { response in
            loop.perform { loop in
                if let connection = loop.connection(token) {
                    connection.answer(number, response)
                } else if case .stream(let stream) = response.body {
                    stream.onCancel()
                }
            }
        }
        loop.handler.handle(request, responder)
    }

    /// `OPTIONS *` asks what the server can do in general.
    private static let serverOptions = Response(
        status: .noContent, headers: [.allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"])

    /// Answers without the handler and closes: what follows on the connection can't be trusted, or isn't wanted.
    func refuse(_ error: RequestError) {
        if request == nil, input.count >= 5, input.prefix(5).elementsEqual(Array("HEAD ".utf8)) {
            isHeadRefused = true
        }
        closesAfterAnswer = true
        body = []
        decoder = nil
        phase = .waiting
        answer(requestNumber, error.response)
    }
}
