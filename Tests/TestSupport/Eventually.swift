import Glibc

/// Whether `condition` came true in time. The time is long, as machines that run tests may be busy: it passes only
/// where a test fails.
public func eventually(seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<Int(seconds * 2000) {
        if try condition() { return true }
        usleep(500)
    }
    return try condition()
}
