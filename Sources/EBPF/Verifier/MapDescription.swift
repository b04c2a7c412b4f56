import Object

/// A map as the verifier sees it.
public struct MapDescription: Hashable, Sendable {
    public var name: String
    public var attributes: MapAttributes
    /// What the maps within are like, for `array_of_maps` and `hash_of_maps`.
    public var inner: MapAttributes?
    /// Bytes of the only value, where nothing can change it (`.rodata`): loads at known offsets are known.
    public var constantValue: [UInt8]?
    /// Byte offset of the `struct bpf_spin_lock` in a value.
    public var spinLockOffset: Int?

    public init(
        name: String, attributes: MapAttributes, inner: MapAttributes? = nil, constantValue: [UInt8]? = nil,
        spinLockOffset: Int? = nil
    ) {
        self.name = name
        self.attributes = attributes
        self.inner = inner
        self.constantValue = constantValue
        self.spinLockOffset = spinLockOffset
    }
}
