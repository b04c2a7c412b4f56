/// A map that an object declares.
public struct MapDefinition: Hashable, Sendable {
    /// The symbol's name; the section's for `.rodata`, `.data`, `.bss` and their suffixed forms.
    public var name: String
    public var attributes: MapAttributes
    /// Type of a key and of a value where the object says so, in the object's BTF.
    public var keyType: BTF.TypeID?
    public var valueType: BTF.TypeID?
    /// Bytes of the only value, for maps made of a data section; nil for all others.
    public var initialValue: [UInt8]?
    /// `LIBBPF_PIN_BY_NAME`.
    public var pinnedByName: Bool
    /// Maps and programs that are in it from the start.
    public var values: [Value]
    /// What the maps in it are like, for `array_of_maps` and `hash_of_maps`; nil where the object does not say.
    public var inner: MapAttributes?

    public init(
        name: String, attributes: MapAttributes, keyType: BTF.TypeID? = nil, valueType: BTF.TypeID? = nil,
        initialValue: [UInt8]? = nil, pinnedByName: Bool = false, inner: MapAttributes? = nil,
        values: [Value] = []
    ) {
        self.name = name
        self.attributes = attributes
        self.keyType = keyType
        self.valueType = valueType
        self.initialValue = initialValue
        self.pinnedByName = pinnedByName
        self.inner = inner
        self.values = values
    }

    /// An element of a map of maps or programs, as `.values` or iproute2's map of tails names it.
    public struct Value: Hashable, Sendable {
        public var index: Int
        /// Of a map of the object, or of one of its functions.
        public var name: String

        public init(index: Int, name: String) {
            self.index = index
            self.name = name
        }
    }

    /// Whether this is a data section rather than a map that the source declares.
    public var isDataSection: Bool { initialValue != nil }
}
