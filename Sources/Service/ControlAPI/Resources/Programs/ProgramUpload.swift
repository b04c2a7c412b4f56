import Foundation
import HTTP
import Object

/// The body of a `PUT` of a program.
struct ProgramUpload {
    enum Source {
        case object(elf: [UInt8])
        case filter(FilterUpload)
    }

    let source: Source
    let options: JSONReader

    init(_ request: Request) throws(Problem) {
        switch request.contentType {
        case "multipart/form-data": (source, options) = try Self.form(request)
        case "application/json":
            source = .filter(try FilterUpload(JSONReader(try JSON(parsing: request.body))))
            options = JSONReader([:])
        default:
            source = .object(elf: request.body)
            options = JSONReader([:])
        }
    }

    private static func form(_ request: Request) throws(Problem) -> (Source, JSONReader) {
        let form = try MultipartForm(request.body, contentType: request.headers[.contentType] ?? "")
        for part in form.parts where part.name != "object" && part.name != "options" {
            throw .invalid(at: JSONPointer() / part.name, "unknown part \(part.name); known are object, options")
        }
        guard let object = try form.part("object") else {
            throw .invalid(at: JSONPointer() / "object", "the part is missing")
        }
        let source = Source.object(elf: Array(object))
        let pointer = JSONPointer() / "options"
        guard let text = try form.part("options"), !text.isEmpty else { return (source, JSONReader([:], at: pointer)) }
        return (source, JSONReader(try JSON(parsing: Array(text)), at: pointer))
    }

    /// The programs and maps in it.
    func file() throws(Problem) -> ObjectFile {
        switch source {
        case .object(let elf):
            do {
                return try ObjectFile(elf: elf)
            } catch {
                throw Problem(error)
            }
        case .filter(let filter): return ObjectFile(program: try filter.program())
        }
    }

    /// `ProgramSpec` of openapi.yaml.
    var spec: JSON {
        switch source {
        case .object(let elf):
            [
                "object": ["bytes": .integer(elf.count), "sha256": .string(SHA256.text(elf))],
                "options": options.value,
            ]
        case .filter(let filter): filter.spec
        }
    }
}
