import Engine

/// What Linux 6.18 answers to `bpf_fib_lookup` in a network namespace that is set up as `contents`.
enum FIBAnswers {
    /// `ip addr`, `ip route`, `ip -6 route`, `ip neigh` and `ip rule` of the namespace: interface 3 with 10.0.0.1/24 and
    /// fd00::1/64, interface 2 with 10.0.1.1/24 and fd01::1/64.
    static let contents: FIBTable.Contents = {
        var contents = FIBTable.Contents()
        contents.interfaces = [
            FIBInterface(1, mac: [0, 0, 0, 0, 0, 0], mtu: 65536, forwardsIPv4: false, forwardsIPv6: false),
            FIBInterface(3, mac: [2, 0, 0, 0, 0, 0xA], addresses: [ip("10.0.0.1"), ip("fd00::1")]),
            FIBInterface(2, mac: [2, 0, 0, 0, 0, 0xB], mtu: 1400, addresses: [ip("10.0.1.1"), ip("fd01::1")]),
        ]
        let local =
            ["127.0.0.0/8", "10.0.0.1/32", "10.0.0.255/32", "10.0.1.1/32", "10.0.1.255/32", "::1/128"]
            + ["fd00::1/128", "fd01::1/128"]
        contents.routes = local.map { route($0, table: FIBRoute.localTable, kind: .local, ifindex: 1) }
        contents.routes += [
            route("10.0.0.0/24", ifindex: 3), route("10.0.1.0/24", ifindex: 2),
            route("fd00::/64", metric: 256, ifindex: 3), route("fd01::/64", metric: 256, ifindex: 2),
            route("192.168.0.0/16", metric: 50, gateway: "10.0.1.2", ifindex: 2),
            route("192.168.7.0/24", kind: .blackhole), route("192.168.8.0/24", kind: .unreachable),
            route("192.168.9.0/24", kind: .prohibit), route("192.168.12.0/24", kind: .throw),
            route("192.168.10.0/24", gateway: "10.0.1.9", ifindex: 2),
            route("192.168.11.0/24", gateway: "fd01::2", ifindex: 2),
            route("192.168.14.0/24", metric: 20, gateway: "10.0.1.2", ifindex: 2),
            route("192.168.14.0/24", metric: 10, gateway: "10.0.0.9", ifindex: 3),
            route("0.0.0.0/0", gateway: "10.0.0.254", ifindex: 3),
            route("192.168.0.0/16", table: 100, gateway: "10.0.1.2", ifindex: 2, source: "10.0.0.1"),
            route("fd02::/64", metric: 77, gateway: "fd01::2", ifindex: 2),
            route("fd06::/64", metric: 1024, gateway: "fd01::9", ifindex: 2),
            route("fd03::/64", kind: .blackhole), route("fd04::/64", kind: .unreachable),
            route("fd05::/64", kind: .prohibit),
        ]
        contents.neighbours = [
            FIBNeighbour(ip("10.0.1.2"), ifindex: 2, mac: [2, 0, 0, 0, 1, 2]),
            FIBNeighbour(ip("fd01::2"), ifindex: 2, mac: [2, 0, 0, 0, 6, 2]),
        ]
        contents.rules.insert(FIBRule(table: 100, mark: 5, markMask: .max), at: 1)
        return contents
    }()

    private static func route(
        _ prefix: String, table: UInt32 = FIBRoute.mainTable, kind: FIBRoute.Kind = .unicast, metric: UInt32 = 0,
        gateway: String? = nil, ifindex: UInt32 = 0, source: String? = nil
    ) -> FIBRoute {
        let parts = prefix.split(separator: "/")
        return FIBRoute(
            ip(parts[0]), length: Int(parts[1])!, table: table, kind: kind, metric: metric,
            gateway: gateway.map { ip($0) }, ifindex: ifindex, source: source.map { ip($0) })
    }

    /// Of a text with all groups of an IPv6 address that are not in front of or behind a `::`.
    static func ip(_ text: some StringProtocol) -> FIBAddress {
        guard text.contains(":") else { return FIBAddress(text.split(separator: ".").map { UInt8($0)! })! }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        func groups(_ half: some StringProtocol) -> [UInt8] {
            half.split(separator: ":").flatMap { group in
                let number = UInt16(group, radix: 16)!
                return [UInt8(number >> 8), UInt8(number & 255)]
            }
        }
        let (front, back) = (groups(halves[0]), groups(halves[halves.count - 1]))
        return FIBAddress(front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back)!
    }

    /// Destination, flags, interface, length, table, mark and source; result, family, MTU, interface, metric, source,
    /// destination and the neighbour's Ethernet address.
    static let rows =
        """
        10.0.1.2 0 3 0 0 0 10.0.0.5 = 0 2 1400 2 0 10.0.0.5 10.0.1.2 020000000102
        192.168.1.1 0 3 0 0 0 10.0.0.5 = 0 2 1400 2 50 10.0.0.5 10.0.1.2 020000000102
        192.168.7.1 0 3 0 0 0 10.0.0.5 = 1 2 0 3 0 10.0.0.5 192.168.7.1 -
        192.168.8.1 0 3 0 0 0 10.0.0.5 = 2 2 0 3 0 10.0.0.5 192.168.8.1 -
        192.168.9.1 0 3 0 0 0 10.0.0.5 = 3 2 0 3 0 10.0.0.5 192.168.9.1 -
        192.168.10.1 0 3 0 0 0 10.0.0.5 = 7 2 0 2 0 10.0.0.5 10.0.1.9 -
        192.168.11.1 0 3 0 0 0 10.0.0.5 = 0 10 1400 2 0 10.0.0.5 fd01::2 020000000602
        192.168.12.1 0 3 0 0 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 192.168.12.1 -
        192.168.14.1 0 3 0 0 0 10.0.0.5 = 7 2 0 3 10 10.0.0.5 10.0.0.9 -
        8.8.8.8 0 3 0 0 0 10.0.0.5 = 7 2 0 3 0 10.0.0.5 10.0.0.254 -
        10.0.0.1 0 3 0 0 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 10.0.0.1 -
        10.0.1.255 0 3 0 0 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 10.0.1.255 -
        224.0.0.1 0 3 0 0 0 10.0.0.5 = 7 2 0 3 0 10.0.0.5 10.0.0.254 -
        255.255.255.255 0 3 0 0 0 10.0.0.5 = 7 2 0 3 0 10.0.0.5 10.0.0.254 -
        127.0.0.1 0 3 0 0 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 127.0.0.1 -
        0.0.0.0 0 3 0 0 0 10.0.0.5 = 7 2 0 3 0 10.0.0.5 10.0.0.254 -
        10.0.1.2 4 3 0 0 0 10.0.0.5 = 0 2 1400 2 0 10.0.0.5 10.0.1.2 -
        192.168.10.1 4 3 0 0 0 10.0.0.5 = 0 2 1400 2 0 10.0.0.5 10.0.1.9 -
        192.168.1.1 16 3 0 0 0 10.0.0.5 = 0 2 1400 2 50 10.0.1.1 10.0.1.2 020000000102
        192.168.1.1 0 3 1400 0 0 10.0.0.5 = 0 2 1400 2 50 10.0.0.5 10.0.1.2 020000000102
        192.168.1.1 0 3 1401 0 0 10.0.0.5 = 8 2 1400 3 0 10.0.0.5 192.168.1.1 -
        192.168.14.1 0 3 1001 0 0 10.0.0.5 = 7 2 1001 3 10 10.0.0.5 10.0.0.9 -
        192.168.14.1 2 2 0 0 0 10.0.0.5 = 0 2 1400 2 20 10.0.0.5 10.0.1.2 020000000102
        192.168.14.1 2 2 1001 0 0 10.0.0.5 = 0 2 1400 2 20 10.0.0.5 10.0.1.2 020000000102
        8.8.8.8 2 2 0 0 0 10.0.0.5 = 4 2 0 2 0 10.0.0.5 8.8.8.8 -
        192.168.1.1 1 3 0 0 0 10.0.0.5 = 0 2 1400 2 50 10.0.0.5 10.0.1.2 020000000102
        192.168.1.1 9 3 0 100 0 10.0.0.5 = 0 2 1400 2 0 10.0.0.5 10.0.1.2 020000000102
        192.168.1.1 25 3 0 100 0 10.0.0.5 = 0 2 1400 2 0 10.0.0.1 10.0.1.2 020000000102
        192.168.1.1 9 3 0 77 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 192.168.1.1 -
        192.168.1.1 8 3 0 100 0 10.0.0.5 = 0 2 1400 2 50 10.0.0.5 10.0.1.2 020000000102
        192.168.1.1 48 3 0 0 5 10.0.0.5 = 0 2 1400 2 0 10.0.0.1 10.0.1.2 020000000102
        192.168.1.1 48 3 0 0 6 10.0.0.5 = 0 2 1400 2 50 10.0.1.1 10.0.1.2 020000000102
        192.168.1.1 64 3 0 0 0 10.0.0.5 = -22 2 0 3 0 10.0.0.5 192.168.1.1 -
        192.168.1.1 0 1 0 0 0 10.0.0.5 = 5 2 0 1 0 10.0.0.5 192.168.1.1 -
        192.168.1.1 0 99 0 0 0 10.0.0.5 = -19 2 0 99 0 10.0.0.5 192.168.1.1 -
        192.168.1.1 0 3 0 0 0 10.0.0.5 = -97 7 0 3 0 10.0.0.5 192.168.1.1 -
        192.168.7.1 1 3 0 0 0 10.0.0.5 = 1 2 0 3 0 10.0.0.5 192.168.7.1 -
        10.0.0.1 1 3 0 0 0 10.0.0.5 = 7 2 0 3 0 10.0.0.5 10.0.0.1 -
        192.168.12.1 1 3 0 0 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 192.168.12.1 -
        192.168.12.1 9 3 0 254 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 192.168.12.1 -
        8.8.8.8 9 3 0 100 0 10.0.0.5 = 4 2 0 3 0 10.0.0.5 8.8.8.8 -
        fd01::2 0 3 0 0 0 fd00::5 = 0 10 1400 2 256 fd00::5 fd01::2 020000000602
        fd02::5 0 3 0 0 0 fd00::5 = 0 10 1400 2 77 fd00::5 fd01::2 020000000602
        fd03::1 0 3 0 0 0 fd00::5 = 1 10 0 3 0 fd00::5 fd03::1 -
        fd04::1 0 3 0 0 0 fd00::5 = 2 10 0 3 0 fd00::5 fd04::1 -
        fd05::1 0 3 0 0 0 fd00::5 = 3 10 0 3 0 fd00::5 fd05::1 -
        fd06::1 0 3 0 0 0 fd00::5 = 7 10 0 2 1024 fd00::5 fd01::9 -
        fd06::1 4 3 0 0 0 fd00::5 = 0 10 1400 2 1024 fd00::5 fd01::9 -
        fd99::1 0 3 0 0 0 fd00::5 = 4 10 0 3 0 fd00::5 fd99::1 -
        fd01::1 0 3 0 0 0 fd00::5 = 4 10 0 3 0 fd00::5 fd01::1 -
        fe80::1 0 3 0 0 0 fd00::5 = 4 10 0 3 0 fd00::5 fe80::1 -
        ff02::1 0 3 0 0 0 fd00::5 = 4 10 0 3 0 fd00::5 ff02::1 -
        ::1 0 3 0 0 0 fd00::5 = 4 10 0 3 0 fd00::5 ::1 -
        fd02::5 0 3 0 0 0 fe80::1 = 4 10 0 3 0 fe80::1 fd02::5 -
        fd02::5 16 3 0 0 0 fd00::5 = 0 10 1400 2 77 fd01::1 fd01::2 020000000602
        fd02::5 0 3 1401 0 0 fd00::5 = 8 10 1400 3 0 fd00::5 fd02::5 -
        fd02::5 1 3 0 0 0 fd00::5 = 0 10 1400 2 77 fd00::5 fd01::2 020000000602
        fd02::5 0 1 0 0 0 fd00::5 = 5 10 0 1 0 fd00::5 fd02::5 -
        fd02::5 2 2 0 0 0 fd00::5 = 0 10 1400 2 77 fd00::5 fd01::2 020000000602
        fd02::5 2 3 0 0 0 fd00::5 = 0 10 1400 2 77 fd00::5 fd01::2 020000000602
        fd02::5 9 3 0 254 0 fd00::5 = 0 10 1400 2 77 fd00::5 fd01::2 020000000602
        fd02::5 9 3 0 77 0 fd00::5 = 4 10 0 3 0 fd00::5 fd02::5 -
        fd01::77 0 3 0 0 0 fd00::5 = 7 10 0 2 256 fd00::5 fd01::77 -
        fd03::1 1 3 0 0 0 fd00::5 = 1 10 0 3 0 fd00::5 fd03::1 -
        fd01::1 1 3 0 0 0 fd00::5 = 7 10 0 2 256 fd00::5 fd01::1 -
        :: 0 3 0 0 0 fd00::5 = 4 10 0 3 0 fd00::5 :: -
        """.split(separator: "\n").map(String.init)
}
