import CLinux
import Foundation
import Synchronization
import Testing

@testable import Engine

/// Native code is never writable, and is to be had where a process may not gain executable memory.
@Suite struct CodeMemoryTests {
    /// A function that returns 42: `mov eax, 42; ret`.
    private static let code: [UInt8] = [0xB8, 42, 0, 0, 0, 0xC3]

    /// Lines of /proc/self/maps; its length is known to be 0, so that it is to be read to its end.
    private static func mappings() throws -> [Substring] {
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
    }

    /// Permissions of the mapping that holds an address, as /proc/self/maps has them.
    private static func permissions(_ address: UnsafeRawPointer) throws -> Substring? {
        let wanted = UInt(bitPattern: address)
        for line in try mappings() {
            let fields = line.split(separator: " ")
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if bounds.count == 2, wanted >= bounds[0], wanted < bounds[1] { return fields[1] }
        }
        return nil
    }

    @Test func nothingIsWritableAndExecutable() throws {
        let pair = try NativePair("mov r0, 42\nexit")
        let code = try #require(pair.native.nativeCode)
        let permissions = try withExtendedLifetime(code) { try Self.permissions(code.region.baseAddress!) }
        #expect(permissions == "r-xp")
        for line in try Self.mappings() {
            let permissions = line.split(separator: " ")[1]
            #expect(!(permissions.contains("w") && permissions.contains("x")), "\(line)")
            if line.contains("swale-code") { #expect(permissions == "r-xp") }
        }
    }

    /// What systemd's MemoryDenyWriteExecute does, on a thread of its own: the filter stays with it.
    @Test func runsWhereMemoryMayNotBecomeExecutable() throws {
        let outcome = Mutex<(denied: Bool, filtered: Int32, value: UInt64?)>((false, -1, nil))
        let thread = Thread {
            let filtered = clinux_deny_write_execute()
            let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            let denied = mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0 && errno == EPERM
            let both = mmap(nil, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            let value = try? NativePair("mov r0, 42\nexit").run().value
            outcome.withLock { $0 = (denied && both == MAP_FAILED, filtered, value) }
        }
        thread.start()
        while !thread.isFinished { usleep(1000) }
        let result = outcome.withLock { $0 }
        #expect(result.filtered == 0)
        #expect(result.denied)
        #expect(result.value == 42)
    }

    /// The kernel's own form of it, for the whole process of these tests, which gains nothing by executable memory; what it
    /// starts may: qemu, a browser.
    @Test func runsWhereTheKernelRefusesExecutableMemory() throws {
        let refused = clinux_refuse_exec_gain()
        // EINVAL: Linux before 6.6.
        #expect(refused == 0 || refused == EINVAL)
        guard refused == 0 else { return }
        let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        #expect(mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0)
        #expect(try NativePair("mov r0, 42\nexit").run().value == 42)
        munmap(page, 4096)
    }

    @Test func memoryHoldsTheCode() {
        typealias Function = @convention(c) () -> Int32
        var value: Int32?
        if let memory = CodeMemory(Self.code) { value = unsafeBitCast(memory.base, to: Function.self)() }
        #expect(value == 42)
        var isEmpty = true
        if CodeMemory([]) != nil { isEmpty = false }
        #expect(isEmpty)
    }

    /// Programs share a file until it is full; what is in the others stays as it is.
    @Test func programsLieSideBySide() {
        typealias Function = @convention(c) () -> Int32
        func function(_ value: UInt8) -> [UInt8] {
            [0xB8, value, 0, 0, 0, 0xC3] + [UInt8](repeating: value, count: 5000)
        }
        let codes = (0..<UInt8(40)).compactMap { Kept(function($0)) }
        #expect(codes.count == 40)
        for (value, code) in codes.enumerated() {
            #expect(unsafeBitCast(code.memory.base, to: Function.self)() == value)
            #expect(Int(bitPattern: code.memory.base) % 64 == 0)
            let bytes = UnsafeRawBufferPointer(start: code.memory.base, count: code.memory.bytes)
            #expect(bytes.elementsEqual(function(UInt8(value))))
        }
        let places = codes.map { Int(bitPattern: $0.memory.base) }.sorted()
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 5006 })
        #expect(zip(places, places.dropFirst()).contains { $1 - $0 < 8192 })
        // Longer than a file that is shared.
        let long = Kept(function(7) + [UInt8](repeating: 0xCC, count: 200_000))
        #expect(long.map { unsafeBitCast($0.memory.base, to: Function.self)() } == 7)
        withExtendedLifetime((codes, long)) {}
    }

    private final class Kept {
        let memory: CodeMemory
        init?(_ code: [UInt8]) {
            guard let memory = CodeMemory(code) else { return nil }
            self.memory = memory
        }
    }
}
