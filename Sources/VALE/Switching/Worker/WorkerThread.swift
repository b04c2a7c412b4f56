import CLinux
import Glibc
import Maps
import Synchronization

/// The thread that a `Worker` runs on, and the way for commands to it.
final class WorkerThread: @unchecked Sendable {
    private let worker: WorkerPointer
    private let channel: CommandChannel
    private let domain: WorkerDomain
    private let pinning: DataplaneOptions.Pinning
    private var thread = pthread_t()
    private var pinFailure: Int32 = 0
    /// The CPU that the thread is pinned to; set before the first command is executed.
    private(set) var cpu: Int?
    /// One command at a time. After the thread has ended commands run on the caller's.
    private let isRunning = Mutex(false)

    init(_ options: DataplaneOptions, _ domain: WorkerDomain) throws(SwitchError) {
        self.domain = domain
        pinning = options.pinning
        channel = try CommandChannel()
        let state = try Worker(options, domain, channel)
        worker = .allocate(capacity: 1)
        worker.initialize(to: state)
        let failure = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<WorkerThread>.fromOpaque(argument!).takeUnretainedValue().main()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        guard failure == 0 else { throw .system("pthread_create", failure) }
        isRunning.withLock { $0 = true }
        // The thread has pinned itself once it executes a command.
        perform { _ in }
        if pinFailure == EINVAL, case .cpu(let number) = pinning {
            throw .invalidOption("there is no CPU \(number) to pin the dataplane's thread to")
        }
        if pinFailure != 0 { throw .system("pthread_setaffinity_np", pinFailure) }
    }

    deinit {
        stop()
        worker.deinitialize(count: 1)
        worker.deallocate()
    }

    private func main() {
        // Signals are for the service's threads.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        clinux_name_thread("swale-dataplane")
        switch pinning {
        case .automatic:
            let last = clinux_last_cpu()
            cpu = last >= 0 ? Int(last) : nil
        case .cpu(let number): cpu = number
        case .none: break
        }
        if let cpu { pinFailure = clinux_pin_thread(UInt32(cpu)) }
        worker.run()
    }

    /// Executes `body` on the worker between two bursts, and returns after it. Never from the worker itself.
    func perform(_ body: CommandChannel.Body) {
        isRunning.withLock { running in
            if running { channel.perform(body) } else { body(worker) }
        }
    }

    var cpuNanoseconds: UInt64 {
        isRunning.withLock { running in
            var clock = clockid_t()
            var time = timespec()
            guard running, pthread_getcpuclockid(thread, &clock) == 0, clock_gettime(clock, &time) == 0 else {
                return 0
            }
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }
    }

    /// Ends the thread; no frame moves from here on.
    func stop() {
        isRunning.withLock { running in
            guard running else { return }
            channel.perform { $0.pointee.isStopping = true }
            pthread_join(thread, nil)
            running = false
        }
    }
}
