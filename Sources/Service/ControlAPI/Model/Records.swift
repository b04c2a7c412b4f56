import Capture
import Engine
import Foundation
import Maps
import Object
import PacketIO
import Switching

/// A loaded ELF object, or a filter.
struct ProgramRecord: Sendable {
    var name: String
    var object: LoadedObject
    /// What it was made of.
    var spec: JSON
    var loaded: Date
    /// Its maps in the order of the object: the name of each in the API.
    var mapNames: [String]
    /// The maps among them that stand by themselves.
    var borrowed: Set<String>

    var etag: String { ETag.make("program", name, spec) }
}

/// A map, of an object or by itself.
struct MapRecord: Sendable {
    var name: String
    var map: Map
    var schema: MapSchema?
    /// The program whose object it belongs to; nil for one that stands by itself.
    var program: String?
    /// Its name in the object.
    var symbol: String?
    /// `.rodata`: nobody writes to it.
    var isFrozen = false

    var attributes: MapAttributes { map.attributes }
    var etag: String { ETag.make("map", name, spec) }

    var spec: JSON {
        var spec = Self.spec(attributes)
        if let inner = map.inner { spec.set("inner", Self.spec(inner)) }
        return spec
    }

    private static func spec(_ attributes: MapAttributes) -> JSON {
        var spec: JSON = [
            "type": .string(attributes.type.name), "keySize": .integer(attributes.keySize),
            "valueSize": .integer(attributes.valueSize), "maxEntries": .integer(attributes.maxEntries),
            "flags": .array(attributes.flags.names.map { .string($0) }),
        ]
        if attributes.extra != 0 { spec.set("extra", .count(attributes.extra)) }
        return spec
    }
}

struct SwitchRecord: Sendable {
    var name: String
    var description: String?
    var created: Date
    var vale: VALESwitch
    var attachment: AttachmentRecord?
    var ports: [String: PortRecord] = [:]

    var spec: JSON { Self.spec(description) }

    static func spec(_ description: String?) -> JSON { description.map { ["description": .string($0)] } ?? [:] }
    var etag: String { ETag.make("switch", name, spec) }
}

/// The program of a switch.
struct AttachmentRecord: Sendable {
    var switchName: String
    var program: String
    /// As it was asked for; nil where the object has one that fits.
    var asked: String?
    var function: String
    var attached: Date

    var spec: JSON {
        var spec: JSON = ["program": .string(program)]
        if let asked { spec.set("function", .string(asked)) }
        return spec
    }
    var etag: String { ETag.make("attachment", switchName, spec) }

    var json: JSON {
        [
            "name": .string(switchName), "spec": spec,
            "status": [
                "function": .string(function), "type": .string(ProgramType.vale.rawValue),
                "attached": .string(Timestamp.text(attached)),
            ],
        ]
    }
}

struct CaptureRecord: Sendable {
    var name: String
    var spec: CaptureSpec
    /// Nil where it is only planned.
    var session: CaptureSession?
    /// Of one that goes when nobody reads it.
    var lease: CaptureLease?
    var started: Date

    var etag: String { ETag.make("capture", name, spec.json) }
}
