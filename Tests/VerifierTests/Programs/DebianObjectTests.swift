import Foundation
import Object
import Testing
import Verifier

@testable import KernelRun

/// The XDP programs that Debian ships, packages libxdp1 and xdp-tools: the verdict is Linux's.
@Suite struct DebianObjectTests {
    /// Objects of XDP programs, by file name.
    private static let objects: [String] = {
        let library = URL(fileURLWithPath: "/usr/lib")
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
        return folders.flatMap { folder in
            let path = "\(library.path)/\(folder)/bpf"
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return files.filter { $0.hasSuffix(".o") && !tracing.contains($0) }.map { "\(path)/\($0)" }
        }.sorted()
    }()

    /// Programs of other types: these look into the kernel's own structures.
    private static let tracing: Set = ["xdpdump_bpf.o"]

    /// Debug builds are slow; scripts/verify-matrix.sh takes the whole of them.
    private static let options = {
        var options = Verifier.Options()
        options.assumeOffered = true
        options.limits.cpuMilliseconds = 60000
        return options
    }()

    @Test func thereAreEnough() {
        #expect(Self.objects.count >= 10, "install libxdp1 and xdp-tools")
    }

    @Test(arguments: objects) func accepted(path: String) throws {
        let file = try ProgramObject.read(path)
        let maps = file.maps.map { MapDescription(definition: $0, btf: file.btf) }
        let kernel = KernelVerifier.isAvailable ? try KernelMaps(maps) : nil
        #expect(!file.programs.isEmpty)
        for program in file.programs {
            #expect(program.type == .xdp)
            let verdict = Verifier.verify(program, type: .xdp, maps: maps, options: Self.options)
            if let kernel { #expect(try KernelVerifier.verify(program, maps: kernel) == .accepted, "\(program.name)") }
            #expect(verdict.isAccepted, "\(program.name): \(describe(verdict))")
        }
    }

    /// As it is in the file it calls none of its ten programs: libxdp sets the constants that say how many there are, and
    /// which of their results lets the next one run.
    @Test func theDispatcherWithAllPrograms() throws {
        let path = try #require(Self.objects.first { $0.hasSuffix("/xdp-dispatcher.o") })
        var file = try ProgramObject.read(path)
        let conf = try #require(file.variable(named: "conf"))
        var bytes = try #require(file.maps[conf.map].initialValue)[conf.offset..<conf.offset + conf.size]
        bytes[bytes.startIndex + 2] = 10
        for index in bytes.indices.dropFirst(4).prefix(40) { bytes[index] = 0xff }
        try file.apply(constants: [("conf", Array(bytes))])
        let maps = file.maps.map { MapDescription(definition: $0, btf: file.btf) }
        let program = try #require(file.programs.first { $0.name == "xdp_dispatcher" })
        let verdict = Verifier.verify(program, type: .xdp, maps: maps, options: Self.options)
        #expect(verdict.isAccepted, "\(describe(verdict))")
        #expect(verdict.statistics.instructionsExplored > 100)
        if KernelVerifier.isAvailable {
            #expect(try KernelVerifier.verify(program, maps: KernelMaps(maps)) == .accepted)
        }
    }

    @Test func whatLooksIntoTheKernelIsRefused() throws {
        guard let folder = Self.objects.first.map({ URL(fileURLWithPath: $0).deletingLastPathComponent().path })
        else { return }
        let error = #expect(throws: ObjectError.self) { try ProgramObject.read("\(folder)/xdpdump_bpf.o") }
        #expect(error?.kind == .unsupported)
        #expect(error?.section == "fentry/func")
    }
}
