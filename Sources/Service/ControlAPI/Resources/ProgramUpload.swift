import Foundation
import HTTP

/// The body of a `PUT` of a program.
struct ProgramUpload {
    var elf: [UInt8]
    var options: JSONReader

    init(_ request: Request) throws(Problem) {
        guard request.contentType == "multipart/form-data" else {
            elf = request.body
            options = JSONReader([:])
            return
        }
        let form = try MultipartForm(request.body, contentType: request.headers[.contentType] ?? "")
        for part in form.parts where part.name != "object" && part.name != "options" {
            throw .invalid(at: JSONPointer() / part.name, "unknown part \(part.name); known are object, options")
        }
        guard let object = try form.part("object") else {
            throw .invalid(at: JSONPointer() / "object", "the part is missing")
        }
        elf = Array(object)
        let pointer = JSONPointer() / "options"
        if let text = try form.part("options"), !text.isEmpty {
            options = JSONReader(try JSON(parsing: Array(text)), at: pointer)
        } else {
            options = JSONReader([:], at: pointer)
        }
    }
}
