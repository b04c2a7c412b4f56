import PacketIO

/// Ports follow their interfaces: down, gone, and back under the same name.
extension Control {
    func watchInterfaces() throws(SwitchError) {
        do throws(PortError) {
            monitor = try InterfaceMonitor { [weak self] in self?.interfaceChanged($0) }
        } catch {
            throw .port(error)
        }
    }

    func stopWatching() { monitor?.stop() }

    /// Opens the port's interface. The worker is still to be told. Under the lock.
    func open(_ port: Port) throws(PortError) {
        guard case .interface(let name, let options, _) = port.backend else { return }
        adopt(try AFPacketPort.open(interface: name, options: options), port)
    }

    private func adopt(_ opened: AFPacketPort, _ port: Port) {
        port.use(.afPacket(opened), ifindex: UInt32(bitPattern: opened.interfaceIndex))
        // The monitor may not have heard of it yet.
        let interfaces = (try? Interface.list()) ?? []
        if let interface = interfaces.first(where: { $0.index == opened.interfaceIndex }) { port.describe(interface) }
    }

    private func interfaceChanged(_ event: InterfaceEvent) {
        withLock {
            switch event {
            case .removed(let interface):
                lose(interface)
            case .renamed(let interface, _):
                lose(interface)
                follow(interface)
            case .added(let interface), .up(let interface), .down(let interface), .changed(let interface):
                follow(interface)
            }
        }
    }

    /// No port has the interface any more, unless it has the port's name.
    private func lose(_ interface: Interface) {
        for port in claims.values where port.io != nil && port.ifindex == UInt32(bitPattern: interface.index) {
            if monitor?.interface(named: port.backend.interface ?? "")?.index == interface.index { continue }
            release(port)
        }
    }

    private func follow(_ interface: Interface) {
        guard let port = claims[interface.name] else { return }
        if port.io == nil || port.ifindex != UInt32(bitPattern: interface.index) { reopen(port) }
        guard port.io != nil, port.ifindex == UInt32(bitPattern: interface.index) else { return }
        port.describe(interface)
        thread.perform { _ in
            port.record.pointee.isLinkUp = port.state == .up
            port.record.pointee.table.pointee.rebuild()
        }
    }

    /// Takes up the interface that has the port's name now. Events may be late, so that it may be the one it has.
    private func reopen(_ port: Port) {
        guard case .interface(let name, let options, _) = port.backend else { return }
        do throws(PortError) {
            let opened = try AFPacketPort.open(interface: name, options: options)
            if let io = port.io {
                if io.interfaceIndex == opened.interfaceIndex { return opened.close() }
                release(port)
            }
            adopt(opened, port)
            thread.perform {
                $0.pointee.attach(
                    .afPacket(opened), ifindex: port.ifindex, isLinkUp: port.state == .up, to: port.record)
            }
        } catch .noSuchInterface(_) {
            return
        } catch {
            port.failure = error
        }
    }

    /// What the port has received is forwarded, then its interface is let go.
    private func release(_ port: Port) {
        guard let io = port.io else { return }
        io.refuseFrames()
        thread.perform { $0.pointee.detach(port.record) }
        port.close()
    }
}
