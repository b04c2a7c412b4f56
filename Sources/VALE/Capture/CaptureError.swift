/// Why libpcap takes a file or an expression not, in its own words.
public struct CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
