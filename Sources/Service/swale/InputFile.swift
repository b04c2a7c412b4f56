import Glibc

/// Files and standard input, whole.
enum InputFile {
    /// Bytes that a command takes at most: beyond that the input is not what the user meant.
    static let limit = 256 << 20

    /// Every byte of the file at `path`; `-` is standard input.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        if path == "-" { return try read(descriptor: STDIN_FILENO, name: "standard input") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }
        return try read(descriptor: descriptor, name: path)
    }

    private static func read(descriptor: Int32, name: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .system(name)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .badUsage("\(name): larger than \(limit >> 20) MiB") }
        }
    }
}
