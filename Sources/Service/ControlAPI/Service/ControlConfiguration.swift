import Verifier

/// What the API serves beside the dataplane.
public struct ControlConfiguration: Sendable {
    /// Folder of the status page; nil for none.
    public var webRoot: String?
    /// File that `/openapi.yaml` answers with; nil for none.
    public var openAPIPath: String?
    public var version: String
    /// Folder of the files that pcap ports play and write; nil for no such ports.
    public var pcapDirectory: String?
    /// What one function of an upload may take to be verified.
    public var verifierLimits: Verifier.Limits
    /// Check every access of verified programs at run time too, for debugging.
    public var checksAccesses: Bool

    public init(
        webRoot: String? = nil, openAPIPath: String? = nil, version: String = "0.1.0",
        pcapDirectory: String? = nil, verifierLimits: Verifier.Limits = Verifier.Limits(),
        checksAccesses: Bool = false
    ) {
        self.webRoot = webRoot
        self.openAPIPath = openAPIPath
        self.version = version
        self.pcapDirectory = pcapDirectory
        self.verifierLimits = verifierLimits
        self.checksAccesses = checksAccesses
    }
}
