import CLinux
import Foundation
import Synchronization

/// A network namespace that lives as long as the object. Its interfaces go with it. Needs root.
public final class NetworkNamespace: Sendable {
    /// Unique on the machine, so that tests may run at the same time.
    public let name: String

    private static let counter = Atomic<Int>(0)

    /// - Parameter ipv6: without it no neighbour discovery disturbs the frames that a test counts.
    public init(ipv6: Bool = false) throws {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        name = "swale-t\(getpid())-\(number)"
        try Command.check(["ip", "netns", "add", name])
        try ip("link", "set", "lo", "up")
        if !ipv6 {
            try perform {
                for scope in ["all", "default"] {
                    try "1".write(
                        toFile: "/proc/sys/net/ipv6/conf/\(scope)/disable_ipv6", atomically: false, encoding: .utf8)
                }
            }
        }
    }

    deinit { _ = try? Command.run(["ip", "netns", "delete", name]) }

    /// `ip -n NAME ...`
    @discardableResult
    public func ip(_ arguments: String...) throws -> String {
        try Command.check(["ip", "-n", name] + arguments)
    }

    /// Runs a program inside; throws when its status is not 0.
    @discardableResult
    public func run(_ arguments: String...) throws -> String {
        try Command.check(["ip", "netns", "exec", name] + arguments)
    }

    /// Runs a program inside, whatever its status.
    public func attempt(_ arguments: String...) throws -> Command {
        try Command.run(["ip", "netns", "exec", name] + arguments)
    }

    /// Runs `body` inside on a thread of its own, so that no other test changes its namespace. Sockets that it opens stay
    /// in the namespace.
    public func perform<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let path = "/run/netns/" + name
        let result = Mutex<Result<Value, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let outcome = Result {
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { throw Command.Failure(description: "\(path): errno \(errno)") }
                defer { close(descriptor) }
                let error = clinux_enter_network_namespace(descriptor)
                guard error == 0 else { throw Command.Failure(description: "setns \(path): errno \(error)") }
                return try body()
            }
            result.withLock { $0 = outcome }
            done.signal()
        }
        thread.start()
        done.wait()
        return try result.withLock { try $0!.get() }
    }

    /// A veth pair: `interface` here, `peerInterface` in `peer`, both up, with these hardware addresses.
    public func addVeth(
        _ interface: String, peer: NetworkNamespace, _ peerInterface: String, address: String? = nil,
        peerAddress: String? = nil
    ) throws {
        try Command.check(
            ["ip", "-n", name, "link", "add", interface] + (address.map { ["address", $0] } ?? []) + [
                "type", "veth", "peer", "name", peerInterface,
            ] + (peerAddress.map { ["address", $0] } ?? []) + ["netns", peer.name])
        try ip("link", "set", interface, "up")
        try peer.ip("link", "set", peerInterface, "up")
    }

    /// A counter of `/sys/class/net/INTERFACE/statistics`, such as `rx_packets`.
    public func statistic(_ counter: String, of interface: String) throws -> UInt64 {
        let text = try run("cat", "/sys/class/net/\(interface)/statistics/\(counter)")
        return UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
}
