import Testing

@testable import swale

@Test func tableAlignsItsColumns() {
    var table = Table(.init("name"), .init("frames", isNumber: true), .init("state"))
    table.add("port1", "12", "up")
    table.add("a-longer-name", "1234567", "")
    #expect(
        table.text == """
            name            frames  state
            port1               12  up
            a-longer-name  1234567
            """)
}
