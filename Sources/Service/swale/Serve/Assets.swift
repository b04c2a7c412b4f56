import Foundation

/// Files that come with the executable: beside it as `make install` lays them out, or in the folder it was built from.
struct Assets {
    var webRoot: String?
    var openAPIPath: String?

    init(webRoot: String?) {
        let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let prefix = executable.deletingLastPathComponent().deletingLastPathComponent()
        var folders = [prefix.appendingPathComponent("share/swale")]
        // .build/x86_64-unknown-linux-gnu/release/swale
        if let build = executable.pathComponents.lastIndex(where: { $0.hasPrefix(".build") }) {
            folders.append(
                URL(fileURLWithPath: NSString.path(withComponents: Array(executable.pathComponents[..<build]))))
        }
        func first(_ name: String) -> String? {
            folders.map { $0.appendingPathComponent(name).path }.first { FileManager.default.fileExists(atPath: $0) }
        }
        self.webRoot = webRoot ?? first("web")
        openAPIPath = first("openapi.yaml")
    }
}
