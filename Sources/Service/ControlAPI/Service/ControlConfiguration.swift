import Verifier

/// What the API serves beside the dataplane.
public struct ControlConfiguration: Sendable {
    /// Folder of the status page; nil for none.
    public var webRoot: String?
    /// File that `/openapi.yaml` answers with; nil for none.
    public var openAPIPath: String?
    public var version: String
    /// What one function of an upload may take to be verified.
    public var verifierLimits: Verifier.Limits
    /// Check every access of verified programs at run time too, for debugging.
    public var checksAccesses: Bool

    public init(
        webRoot: String? = nil, openAPIPath: String? = nil, version: String = "0.1.0",
        verifierLimits: Verifier.Limits = Verifier.Limits(), checksAccesses: Bool = false
    ) {
        self.webRoot = webRoot
        self.openAPIPath = openAPIPath
        self.version = version
        self.verifierLimits = verifierLimits
        self.checksAccesses = checksAccesses
    }
}
