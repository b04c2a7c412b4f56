import Glibc

// The kernel functions bpf_xdp_metadata_*: what the port knows of a frame.
extension ReceiveMetadata {
    static let entries = [
        HelperEntry(.xdpMetadataRXTimestamp, arguments: 2) { call throws(Fault) in
            try answer(call, .timestamp) { metadata throws(Fault) in
                try call.writable(2, bytes: 8).storeBytes(of: metadata.timestampNs, as: UInt64.self)
            }
        },
        HelperEntry(.xdpMetadataRXHash, arguments: 3) { call throws(Fault) in
            try answer(call, .hash) { metadata throws(Fault) in
                try call.writable(2, bytes: 4).storeBytes(of: metadata.hash, as: UInt32.self)
                try call.writable(3, bytes: 4).storeBytes(of: metadata.hashType, as: UInt32.self)
            }
        },
        HelperEntry(.xdpMetadataRXVLANTag, arguments: 3) { call throws(Fault) in
            try answer(call, .vlanTag) { metadata throws(Fault) in
                try call.writable(2, bytes: 2).storeBytes(of: metadata.vlanProtocol.bigEndian, as: UInt16.self)
                try call.writable(3, bytes: 2).storeBytes(of: metadata.vlanTCI, as: UInt16.self)
            }
        },
    ]

    private static func answer(
        _ call: HelperCall, _ field: Fields, _ write: (ReceiveMetadata) throws(Fault) -> Void
    ) throws(Fault) -> UInt64 {
        guard let metadata = try call.frame().pointee.received?.pointee, metadata.offered.contains(field) else {
            return HelperCall.error(EOPNOTSUPP)
        }
        guard metadata.present.contains(field) else { return HelperCall.error(ENODATA) }
        try write(metadata)
        return 0
    }
}
