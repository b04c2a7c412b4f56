extension TypeSchema {
    /// The schema of a member or variable of that name: an address as text where both name and type say that it is one
    /// in network order: `__be32 saddr`, `__be32 dst_ip6[4]`, `__u8 peer_addr[16]`.
    func named(_ name: String?) -> TypeSchema {
        guard let name, size == 4 || size == 16, isInNetworkOrder, Self.isAddressName(name) else { return self }
        var schema = self
        schema.shape = .ip
        return schema
    }

    /// Declared so, or bytes, which have no other order.
    private var isInNetworkOrder: Bool {
        switch shape {
        case .integer(_, _, let isBigEndian): return isBigEndian
        case .array(let element, _):
            guard case .integer(let bits, let isSigned, let isBigEndian) = element.shape else { return false }
            return isBigEndian || bits == 8 && !isSigned
        default: return false
        }
    }

    /// What the parts of a name are that stands for an address.
    private static let words: Set<String> = [
        "ip", "src", "dst", "source", "dest", "destination", "gateway", "gw", "hop", "nexthop", "prefix", "network",
        "netmask", "vip", "rip", "peer",
    ]
    private static let endings = ["addr", "address", "ip", "ip4", "ip6", "v4", "v6"]

    private static func isAddressName(_ name: String) -> Bool {
        name.lowercased().split(separator: "_").contains { word in
            words.contains(String(word)) || endings.contains { word.hasSuffix($0) }
        }
    }
}
