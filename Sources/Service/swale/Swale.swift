import ArgumentParser

@main
struct Swale: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A software Ethernet switch programmed with eBPF.")
}
