extension Scenario {
    static let all: [Scenario] = filters + replies + measurements + rewrites + forwarders + styles
}
