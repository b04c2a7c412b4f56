import Foundation
import PacketIO
import Synchronization
import TestSupport
import Testing

/// Events of interfaces in a namespace. Needs root.
@Suite struct InterfaceMonitorTests {
    /// The events so far, as text: `up p0`.
    final class Log: Sendable {
        private let lines = Mutex<[String]>([])

        func note(_ event: InterfaceEvent) {
            let line =
                switch event {
                case .added(let interface): "added \(interface.name)"
                case .removed(let interface): "removed \(interface.name)"
                case .renamed(let interface, let from): "renamed \(from) to \(interface.name)"
                case .up(let interface): "up \(interface.name)"
                case .down(let interface): "down \(interface.name)"
                case .changed(let interface): "changed \(interface.name)"
                }
            lines.withLock { $0.append(line) }
        }

        var all: [String] { lines.withLock { $0 } }

        /// Waits for `line`; the lines before it and itself are taken out.
        func take(through line: String) -> [String]? {
            for _ in 0..<200 {
                let taken: [String]? = lines.withLock { lines in
                    guard let index = lines.firstIndex(of: line) else { return nil }
                    defer { lines.removeFirst(index + 1) }
                    return Array(lines[...index])
                }
                if let taken { return taken }
                usleep(10_000)
            }
            return nil
        }
    }

    @Test func lifeOfAnInterface() throws {
        let namespace = try NetworkNamespace()
        let peer = try NetworkNamespace()
        let log = Log()
        let monitor = try namespace.perform { try InterfaceMonitor { log.note($0) } }
        #expect(monitor.interfaces.map(\.name) == ["lo"])

        try namespace.addVeth("p0", peer: peer, "eth0", address: "02:00:00:00:00:07")
        #expect(log.take(through: "up p0") == ["added p0", "up p0"])
        let interface = try #require(monitor.interface(named: "p0"))
        #expect(interface.address == [2, 0, 0, 0, 0, 7])
        #expect(interface.mtu == 1500)
        #expect(interface.kind == "veth")
        #expect(interface.hardwareType == 1)
        #expect(interface.linkState == .up)
        #expect(try namespace.perform { try Interface.list() }.first { $0.name == "p0" } == interface)

        try peer.ip("link", "set", "eth0", "down")
        #expect(log.take(through: "down p0") == ["down p0"])
        #expect(monitor.interface(named: "p0")?.isUp == true)
        try peer.ip("link", "set", "eth0", "up")
        #expect(log.take(through: "up p0") == ["up p0"])
        try namespace.ip("link", "set", "p0", "down")
        #expect(log.take(through: "down p0") == ["down p0"])
        try namespace.ip("link", "set", "p0", "name", "p1")
        #expect(log.take(through: "renamed p0 to p1") == ["renamed p0 to p1"])
        #expect(monitor.interface(named: "p1")?.index == interface.index)
        try namespace.ip("link", "set", "p1", "mtu", "1400")
        #expect(log.take(through: "changed p1") == ["changed p1"])
        // A port of a Linux bridge that leaves it is still there.
        try namespace.ip("link", "add", "br0", "type", "bridge")
        #expect(log.take(through: "added br0") != nil)
        try namespace.ip("link", "set", "p1", "master", "br0")
        try namespace.ip("link", "set", "p1", "nomaster")
        try namespace.ip("link", "delete", "br0")
        let lines = log.take(through: "removed br0")
        #expect(lines?.contains { $0.hasPrefix("removed p1") || $0.hasPrefix("added p1") } == false)
        try namespace.ip("link", "delete", "p1")
        #expect(log.take(through: "removed p1") != nil)
        #expect(monitor.interfaces.map(\.name) == ["lo"])
        monitor.stop()
    }

    /// A monitor whose handler is slow while the kernel's messages overrun its socket ends up with the truth.
    @Test func overrun() throws {
        let namespace = try NetworkNamespace()
        let log = Log()
        let slow = Mutex(true)
        let monitor = try namespace.perform {
            try InterfaceMonitor(receiveBytes: 8192) { event in
                log.note(event)
                while slow.withLock({ $0 }) { usleep(1000) }
            }
        }
        try namespace.ip("link", "add", "first0", "type", "bridge")
        let batch = FileManager.default.temporaryDirectory.appendingPathComponent("\(namespace.name).batch")
        defer { try? FileManager.default.removeItem(at: batch) }
        try (0..<100).map { "link add d\($0) type bridge\n" + ($0 % 2 == 0 ? "link delete d\($0)\n" : "") }.joined()
            .write(to: batch, atomically: true, encoding: .utf8)
        try namespace.ip("-batch", batch.path)
        try namespace.ip("link", "delete", "first0")
        slow.withLock { $0 = false }
        let expected = ["lo"] + (0..<100).filter { $0 % 2 == 1 }.map { "d\($0)" }
        #expect(eventually { monitor.interfaces.map(\.name) == expected })
        #expect(log.all.contains("removed first0"))
        #expect(log.all.count < 150)
        monitor.stop()
    }

    @Test func stopsWhenItGoes() throws {
        let namespace = try NetworkNamespace()
        let log = Log()
        var monitor: InterfaceMonitor? = try namespace.perform { try InterfaceMonitor { log.note($0) } }
        #expect(monitor?.interfaces.count == 1)
        monitor = nil
        try namespace.ip("link", "add", "d0", "type", "bridge")
        usleep(50_000)
        #expect(log.all.isEmpty)
    }
}
