import Testing

@testable import swale

struct TestRunTests {
    @Test func anAnswerIsShownAsTables() throws {
        let reply = try Document(
            parsing: Array(
                """
                {"packets": [{"length": 60, "runs": 4, "verdict": "tx", "verdicts": {"drop": 1, "tx": 3},
                              "nanoseconds": 12.34},
                             {"length": 9, "runs": 4, "verdict": "fault", "fault": "out_of_fuel",
                              "verdicts": {"fault": 4}, "nanoseconds": 5}],
                 "complete": true, "mapChangesComplete": true, "trace": ["hello"],
                 "mapChanges": [{"map": "p.m", "key": 7, "before": null, "after": "12"}]}
                """.utf8))
        #expect(
            ProgramCommand.TestRun.text(reply) == """
                frame  bytes  runs  verdict         ns
                    1     60     4  drop 1, tx 3  12.3
                    2      9     4  out_of_fuel    5.0

                map  key  before  after
                p.m  7    -       12

                hello
                """)
    }

    @Test(arguments: [
        ["p"], ["p", "a.o", "--filter", "ip"], ["p", "a.o", "--match", "3"], ["p", "a.o", "--type", "vale"],
        ["p", "--filter", "ip", "--set", "a=1"], ["p", "--filter", "ip", "--match", "256"],
    ])
    func whatDoesNotGoTogetherIsRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try ProgramCommand.Put.parse(arguments) }
    }

    @Test(arguments: [["p", "a.o"], ["p", "--filter", "ip", "--type", "vale", "--match", "3"]])
    func whatGoesTogetherIsTaken(arguments: [String]) throws {
        _ = try ProgramCommand.Put.parse(arguments)
        #expect(throws: (any Error).self) { try ProgramCommand.TestRun.parse(arguments) }
    }
}
