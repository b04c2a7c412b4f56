import Measuring

/// A way to run a program, with maps and frames of its own.
protocol ProgramSubject {
    var name: String { get }
    /// Runs on frames: a burst a repeat, or a run of the kernel.
    func subject(_ scenario: Scenario) throws -> Subject
    /// The result for the last frame of the scenario's burst, after all of them were met.
    func lastResult(_ scenario: Scenario) throws -> UInt64
}
