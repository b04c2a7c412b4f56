import Foundation
import ISA
import Maps
import Object
import Testing

@testable import Engine

/// The text of native code is that of its bytes.
@Suite struct NativeListingTests {
    private static func program(_ name: String) throws -> Program {
        let elf = try ExampleObject.compile(name, ["-O2", "-g"])
        let object = try LoadedObject(elf: elf, domain: WorkerDomain(), trace: TraceLog())
        return try object.program(type: name.hasPrefix("xdp") ? .xdp : .vale)
    }

    @Test(arguments: ["vale_bridge", "learning_bridge", "vlan_bridge", "pkt_count", "xdp_filter"])
    func linesCoverTheCode(name: String) throws {
        let program = try Self.program(name)
        let listing = try #require(program.nativeListing())
        #expect(listing.lines.flatMap(\.bytes).count == program.nativeCode?.region.count)
        var offset = 0
        for line in listing.lines {
            #expect(line.offset == offset)
            #expect(!line.bytes.isEmpty && line.bytes.count <= 15, "\(line)")
            offset += line.bytes.count
        }
        let slots = listing.lines.compactMap(\.slot)
        #expect(slots.count > listing.lines.count / 3)
        #expect(Set(slots).isSubset(of: 0..<program.code.instructions.count))
    }

    @Test func textHasSourceBytecodeAndNativeCode() throws {
        let program = try Self.program("learning_bridge")
        var options = Disassembler.Options()
        for line in program.code.lines { options.source[line.instruction] = line.text }
        let lines = Disassembler.disassemble(program.code.instructions, options: options)
        let text = try #require(program.nativeListing()).text(lines)
        #expect(text.contains("; "))
        #expect(text.contains("exit"))
        #expect(text.contains("ret"))
    }

    /// objdump, where there is one, takes the bytes for as many instructions of the same lengths.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/objdump"), "objdump is not installed"))
    func objdumpAgrees() throws {
        for name in ["vale_bridge", "learning_bridge", "vlan_bridge", "pkt_count", "xdp_filter"] {
            let listing = try #require(try Self.program(name).nativeListing())
            let file = FileManager.default.temporaryDirectory.appending(path: "swale-\(UUID().uuidString).bin")
            try Data(listing.lines.flatMap(\.bytes)).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/objdump")
            process.arguments = ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "-w", file.path]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            var theirs: [Int: Substring] = [:]
            for line in output.split(separator: "\n") {
                let fields = line.split(separator: "\t")
                guard fields.count == 3,
                    let offset = Int(fields[0].dropLast().trimmingPrefix(" ").filter { $0 != " " }, radix: 16)
                else { continue }
                theirs[offset] = fields[2].split(separator: " ").first
            }
            // objdump takes constants for instructions.
            let code = listing.lines.prefix { !$0.text.hasPrefix(".") }
            let end = (code.last?.offset ?? 0) + (code.last?.bytes.count ?? 0)
            #expect(theirs.keys.count { $0 < end } == code.count)
            // A long nop has other names.
            for line in code where line.text != "nop" {
                #expect(theirs[line.offset] == line.text.split(separator: " ").first, "\(name): \(line)")
            }
        }
    }
}
