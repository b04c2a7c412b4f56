extension ProgramType {
    /// What a section's name says of the use of the programs in it; nil where it says nothing.
    ///
    /// `vale` and `vale/...`; `xdp`, `xdp/...`, `xdp_...` and `xdp.frags`, as libbpf and iproute2 name them.
    public init?(section: String) {
        if section == "vale" || section.hasPrefix("vale/") {
            self = .vale
        } else if section == "xdp" || ["xdp/", "xdp_", "xdp."].contains(where: section.hasPrefix) {
            self = .xdp
        } else {
            return nil
        }
    }
}
