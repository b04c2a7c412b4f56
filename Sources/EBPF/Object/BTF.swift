/// Type information of an object (`.BTF` section).
public struct BTF: Sendable {
    public typealias TypeID = UInt32
}
