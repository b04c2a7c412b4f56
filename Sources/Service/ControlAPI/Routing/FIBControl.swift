import Dispatch
import Engine
import Foundation
import Maps
import PacketIO
import Synchronization

/// `FIBSpec` of openapi.yaml, and what was declared one by one.
struct FIBState: Equatable, Sendable {
    enum Source: String, CaseIterable { case api, host }

    var source = Source.api
    /// Seconds after which the host's tables, and the numbers of interfaces, are looked at again; nil: never.
    var refreshSeconds: Int?
    var entries: [FIBCollection: [String: FIBEntry]] = [:]

    var spec: JSON {
        var json: JSON = ["source": .string(source.rawValue)]
        if let refreshSeconds { json.set("refreshSeconds", .integer(refreshSeconds)) }
        return json
    }

    subscript(collection: FIBCollection) -> [String: FIBEntry] { entries[collection] ?? [:] }

    static func etag(_ collection: FIBCollection, _ name: String, _ entry: FIBEntry) -> String {
        ETag.make(collection.kind, name, entry.json)
    }
}

/// Keeps the table that `bpf_fib_lookup` and `bpf_check_mtu` answer from as declared: the interfaces of all ports, on
/// request what the host has, and what was declared one by one, which counts more. On the control queue, but for reads.
final class FIBControl: Sendable {
    let table: FIBTable
    private let state = Mutex(State())

    private struct State {
        var host: FIBTable.Contents?
        var refreshed: Date?
        var failure: String?
        /// Of the timer that counts.
        var timer = 0
    }

    init(domain: WorkerDomain) {
        table = FIBTable(domain: domain)
    }

    /// After a change of what was declared, or of ports.
    func update(_ control: ControlState, readsHost: Bool = false) {
        if control.fib.source == .api {
            state.withLock { state in (state.host, state.refreshed, state.failure) = (nil, nil, nil) }
        } else if readsHost {
            let read = Result { () throws(PortError) in try HostTables.read() }
            state.withLock { state in
                switch read {
                case .success(let contents): (state.host, state.failure) = (contents, nil)
                case .failure(let error): state.failure = "\(error)"
                }
                state.refreshed = Date()
            }
        }
        let contents = FIBResolution(control).contents(host: state.withLock { $0.host })
        if contents != table.contents { table.set(contents) }
    }

    /// `update` again and again, as long as nothing else is asked for. `current` is called on the queue.
    func refresh(every seconds: Int?, on queue: DispatchQueue, _ current: @escaping @Sendable () -> ControlState) {
        let timer = state.withLock { state in
            state.timer += 1
            return state.timer
        }
        guard let seconds else { return }
        queue.asyncAfter(deadline: .now() + .seconds(seconds)) { [weak self] in
            guard let self, self.state.withLock({ $0.timer == timer }) else { return }
            self.update(current(), readsHost: true)
            self.refresh(every: seconds, on: queue, current)
        }
    }

    /// `status` of `FIB`, openapi.yaml.
    var status: JSON {
        let contents = table.contents
        var json: JSON = [
            "routes": .integer(contents.routes.count), "neighbours": .integer(contents.neighbours.count),
            "interfaces": .integer(contents.interfaces.count),
        ]
        state.withLock { state in
            if let refreshed = state.refreshed { json.set("refreshed", .string(Timestamp.text(refreshed))) }
            if let failure = state.failure { json.set("failure", .string(failure)) }
        }
        return json
    }
}
