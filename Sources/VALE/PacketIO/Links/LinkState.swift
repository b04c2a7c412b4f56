/// Whether frames can pass the interface of a port.
public enum LinkState: UInt8, Hashable, Sendable {
    case up
    /// Administratively down, or without carrier. It comes back by itself.
    case down
    /// The interface is no longer in the namespace: the port has to be opened anew when one of its name appears.
    case gone
}
