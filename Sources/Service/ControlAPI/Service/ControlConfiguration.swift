/// What the API serves beside the dataplane.
public struct ControlConfiguration: Sendable {
    /// Folder of the status page; nil for none.
    public var webRoot: String?
    /// File that `/openapi.yaml` answers with; nil for none.
    public var openAPIPath: String?
    public var version: String

    public init(webRoot: String? = nil, openAPIPath: String? = nil, version: String = "0.1.0") {
        self.webRoot = webRoot
        self.openAPIPath = openAPIPath
        self.version = version
    }
}
