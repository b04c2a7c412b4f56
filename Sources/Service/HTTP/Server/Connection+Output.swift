import HTTPTypes

/// From answers to bytes.
extension Connection {
    /// The handler's answer, or the server's own.
    func answer(_ number: UInt64, _ response: Response) {
        guard phase == .waiting, number == requestNumber else {
            if case .stream(let stream) = response.body { stream.onCancel() }
            return
        }
        var response = response
        if !(200...599).contains(response.status.code) {
            if case .stream(let stream) = response.body { stream.onCancel() }
            response = .problem(.internalServerError, "the answer had no final status")
        }
        heldBytes = 0
        if loop.isDraining { closesAfterAnswer = true }
        let isHead = request?.method == .head || isHeadRefused
        let hasBody = !isHead && response.status.code != 204 && response.status.code != 304
        let isHTTP10 = request?.version == .http10
        let framing = framing(of: response, isHTTP10: isHTTP10)
        if framing == .close { closesAfterAnswer = true }
        let head = ResponseHead(
            status: response.status, headers: response.headers, framing: framing, closes: closesAfterAnswer,
            announcesKeepAlive: isHTTP10)
        log(response.status)
        send(head.serialized(defaults: loop.configuration.headers, date: loop.date))
        switch response.body {
        case .bytes(let bytes) where hasBody: send(bytes)
        case .stream(let source) where hasBody:
            stream = source
            isChunked = framing == .chunked
            phase = .streaming
            pump()
            return
        case .stream(let source): source.onCancel()
        default: break
        }
        finishAnswer()
        pump()
    }

    private func framing(of response: Response, isHTTP10: Bool) -> ResponseHead.Framing {
        if response.status.code == 204 { return .none }
        switch response.body {
        case .none: return response.status.code == 304 ? .none : .length(0)
        case .bytes(let bytes): return .length(bytes.count)
        case .stream:
            if response.status.code == 304 { return .none }
            return isHTTP10 ? .close : .chunked
        }
    }

    private func log(_ status: HTTPResponse.Status) {
        guard loop.logger.logLevel <= .debug else { return }
        loop.logger.debug("\(request?.method.rawValue ?? "-") \(request?.rawTarget ?? "-") \(status.code)")
    }

    private func finishAnswer() {
        request = nil
        phase = closesAfterAnswer ? .flushing : .idle
    }

    // MARK: Streams

    /// Streaming: asks the source for more when there is room. False when the source has nothing yet.
    func pull() -> Bool {
        guard let stream, !isPulling else { return false }
        isPulling = true
        pullNumber += 1
        let token = token
        let number = pullNumber
        let loop = loop
        let writer = BodyWriter { outcome in
            loop.perform { $0.connection(token)?.take(outcome, pull: number) }
        }
        stream.onPull(writer)
        return !isPulling
    }

    private func take(_ outcome: BodyWriter.Outcome, pull: UInt64) {
        guard phase == .streaming, isPulling, pull == pullNumber else { return }
        isPulling = false
        switch outcome {
        case .bytes(let bytes): sendPart(bytes)
        case .last(let bytes):
            sendPart(bytes)
            endStream(isCancelled: false)
            finishBody()
        case .failure: return close()
        }
        pump()
    }

    private func sendPart(_ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        outputStartNs = output.isEmpty ? loop.nowNs : outputStartNs
        if isChunked { send(Array("\(String(bytes.count, radix: 16))\r\n".utf8)) }
        send(bytes)
        if isChunked { send([.cr, .lf]) }
    }

    /// The source has been silent.
    func beat() {
        if let heartbeat = stream?.heartbeat { sendPart(heartbeat.bytes) }
    }

    /// The source is done with, or told that nobody reads on.
    func endStream(isCancelled: Bool) {
        guard let ended = stream else { return }
        stream = nil
        isPulling = false
        if isCancelled { ended.onCancel() }
    }

    /// Ends the streamed body as the client was told it would end.
    func finishBody() {
        if isChunked { send(Array("0\r\n\r\n".utf8)) }
        finishAnswer()
    }
}
