import Glibc

/// What native code that nobody has verified may do to this process.
enum FaultSignals {
    private static let stackBytes = 1 << 16

    /// From now on a bad access, instruction or division ends the process with status 1 and a line that says so.
    static func exitOnFault() {
        // The program's faults may be of the stack itself.
        var stack = stack_t()
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stackBytes, alignment: 16)
        stack.ss_size = stackBytes
        sigaltstack(&stack, nil)
        var action = sigaction()
        action.sa_flags = Int32(SA_ONSTACK)
        action.__sigaction_handler.sa_handler = { signal in
            let text: StaticString =
                signal == SIGSEGV || signal == SIGBUS
                ? "swale: the program accessed memory that is not there\n" : "swale: the program faulted\n"
            _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
            _exit(1)
        }
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE] { sigaction(signal, &action, nil) }
    }
}
