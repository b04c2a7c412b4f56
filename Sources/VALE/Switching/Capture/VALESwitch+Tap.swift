import Engine

extension VALESwitch {
    /// Taps of a switch at a time.
    public static let maximumTaps = 8

    /// Copies frames from now on.
    ///
    /// - Throws: where a port that it names is not there, or its filter is no `xdp` program.
    public func startTap(_ options: TapOptions) throws(SwitchError) -> FrameTap {
        if let filter = options.filter, filter.type != .xdp { throw .notXDP(filter.type) }
        return try control.withLock { () throws(SwitchError) -> FrameTap in
            try checkIsThere()
            guard taps.count < Self.maximumTaps else { throw .tooManyTaps }
            for name in options.ports ?? [] { _ = try port(name) }
            let tap = FrameTap(options)
            for port in byName.values { tap.know(port) }
            taps.append(tap)
            control.thread.perform { [table, byName] _ in
                for port in byName.values { tap.worker.pointee.meet(port.record, isWanted: tap.wants(port)) }
                table.pointee.add(tap.worker)
            }
            return tap
        }
    }

    /// No frame is copied after this; those that were wait to be drained.
    public func stopTap(_ tap: FrameTap) {
        control.withLock { end(tap) }
    }

    /// Under the control lock.
    func end(_ tap: FrameTap) {
        guard let index = taps.firstIndex(where: { $0 === tap }) else { return }
        taps.remove(at: index)
        control.thread.perform { [table] _ in table.pointee.remove(tap.worker) }
        tap.end()
    }
}
