import HTTPTypes

/// A problem document of type `about:blank` (RFC 9457 section 4.2.1), written without a JSON encoder: the event loop
/// answers refused requests with it.
struct Problem {
    var status: HTTPResponse.Status
    var detail: String?

    var json: String {
        var text =
            "{\"type\":\"about:blank\",\"title\":\"\(Self.escaped(status.reasonPhrase))\",\"status\":\(status.code)"
        if let detail { text += ",\"detail\":\"\(Self.escaped(detail))\"" }
        return text + "}\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
