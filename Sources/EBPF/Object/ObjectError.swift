/// Why an object is refused: where, and what is wrong there.
///
/// Reads as `section .maps, offset 0x18: map "fdb" has no type`.
public struct ObjectError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        /// Something ends before its content does.
        case truncated
        /// Something has a value that it can't have.
        case malformed
        /// Well-formed, but not offered here.
        case unsupported
        /// A reference to something that the object does not have.
        case unresolved
        /// More than a limit of this loader allows.
        case tooLarge
        /// A name in the load options that the object does not have.
        case unknownName
        /// A value in the load options that does not fit.
        case badValue
    }

    public var kind: Kind
    /// Name of the section; nil where the error is about the file as a whole or about load options.
    public var section: String?
    /// Byte offset within the section, or within the file where `section` is nil.
    public var offset: Int?
    public var message: String

    public init(_ kind: Kind, section: String? = nil, offset: Int? = nil, _ message: String) {
        self.kind = kind
        self.section = section
        self.offset = offset
        self.message = message
    }

    public var description: String {
        var position: [String] = []
        if let section { position.append("section \(section)") }
        if let offset { position.append("offset 0x\(String(offset, radix: 16))") }
        return position.isEmpty ? message : position.joined(separator: ", ") + ": " + message
    }
}
