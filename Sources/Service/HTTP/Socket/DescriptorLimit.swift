import Glibc

/// The process's limit on open files: the usual soft limit of 1,024 is below the cap on connections.
enum DescriptorLimit {
    /// For all that is not a connection.
    static let reserve = 512

    /// Raises the soft limit as far as the hard limit lets it, and never lowers it.
    static func raise(to count: Int) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(count))
        setrlimit(resource, &limit)
    }
}
