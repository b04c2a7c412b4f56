/// An element of a devmap, a cpumap or an xskmap, as programs and the dataplane read it. Never changes once it is there;
/// valid until the reader's next quiescent point.
public struct RedirectTarget: BitwiseCopyable, Hashable, Sendable {
    /// devmap, xskmap: the index of a port's interface. cpumap: frames that may wait.
    public let target: UInt32
    /// 0 where it has no program.
    public let programID: UInt32
    /// Address of the program that runs at the egress; 0 where there is none.
    public let program: UInt
}

/// An object that an element of a map refers to: a map, or a program.
public struct MapReference: @unchecked Sendable {
    /// Kept until no worker may use it any more.
    public let object: AnyObject
    /// Of what workers use; valid while the object lives.
    public let address: UInt
    /// What user space reads as the element's value.
    public let id: UInt32
    /// References of one map have the same.
    public let kind: UInt64

    public init(object: AnyObject, address: UInt, id: UInt32, kind: UInt64 = 0) {
        self.object = object
        self.address = address
        self.id = id
        self.kind = kind
    }
}
