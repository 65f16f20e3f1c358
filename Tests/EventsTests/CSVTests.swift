import Events
import SalesRules
import Testing

@Suite("Targets in a CSV table")
struct CSVTests {
    private static let header = "name,measure,goal,start,end,assignees\n"

    private func table(_ text: String, currency: Currency = .euro) -> TargetTable {
        TargetTable(reading: Array(text.utf8), currency: currency)
    }

    private func mistakes(_ rows: String) -> [String] {
        table(Self.header + rows).mistakes.map(\.description)
    }

    @Test("Each row is a target; columns may be in any order and any case")
    func rows() throws {
        let table = table(
            """
            \u{feff}Assignees,id,NAME,measure,start,end,Goal\r
            u-2; u-1 ;,T-1,"Q1, ""north""\nand south",revenue,2026-01-01,2026-03-31,1250.5\r
            \r
            u-1,, Orders ,Orders,2026-01-01,2026-12-31,12
            """
        )
        #expect(table.mistakes.isEmpty)
        #expect(table.rows.map(\.line) == [2, 5])
        #expect(table.rows.map(\.id) == [id("T-1"), nil])
        let first = try #require(table.rows.first?.target)
        #expect(first.name == "Q1, \"north\"\nand south")
        #expect(first.goal == 1_250_50)
        #expect(first.assignees == [id("u-1"), id("u-2")])
        #expect(first.period == Period(start: day("2026-01-01"), end: day("2026-03-31")))
        let second = try #require(table.rows.last?.target)
        #expect(second.name == " Orders ")
        #expect(second.measure == .orders)
        #expect(second.goal == 12)
    }

    @Test(
        "Each error names the line, the column and what is expected",
        arguments: [
            (
                "a,revenue,1,2026-13-01,2026-01-31,u-1",
                ["line 2, column 4 (start): \"2026-13-01\" is not a date YYYY-MM-DD"]
            ),
            ("a,sales,1,2026-01-01,2026-01-31,u-1", ["line 2, column 2 (measure): \"sales\" is not revenue or orders"]),
            ("a,revenue,,2026-01-01,2026-01-31,u-1", ["line 2, column 3 (goal): \"\" is not an amount above zero"]),
            ("a,revenue,-1,2026-01-01,2026-01-31,u-1", ["line 2, column 3 (goal): \"-1\" is not an amount above zero"]),
            (
                "a,revenue,1e3,2026-01-01,2026-01-31,u-1",
                ["line 2, column 3 (goal): \"1e3\" is not an amount above zero"]
            ),
            (
                "a,orders,1.5,2026-01-01,2026-01-31,u-1",
                ["line 2, column 3 (goal): \"1.5\" is not a number of orders above zero"]
            ),
            ("a,revenue,1,2026-02-01,2026-01-31,u-1", ["line 2, column 5 (end): is before the start"]),
            (
                "a,revenue,1,2026-02-01,2046-01-31,u-1",
                ["line 2, column 5 (end): is more than ten years after the start"]
            ),
            ("a,revenue,1,2026-01-01,2026-01-31,", ["line 2, column 6 (assignees): is empty"]),
            (
                "a,revenue,1,2026-01-01,2026-01-31,u-1;u 2",
                ["line 2, column 6 (assignees): \"u 2\" is not a person's id"]
            ),
            ("a,revenue,1,2026-01-01,2026-01-31", ["line 2, column 5: the row has 5 cells, but the header has 6"]),
            (
                "a,revenue,1,2026-01-01,2026-01-31,u-1,x",
                ["line 2, column 7: the row has 7 cells, but the header has 6"]
            ),
            (
                "a,revenue,1,2026-01-01,2026-01-31,u-1,,x",
                ["line 2, column 7: the row has 8 cells, but the header has 6"]
            ),
            ("a,revenue,1,2026-01-01,2026-01-31,all", ["line 2, column 6 (assignees): \"all\" is not a person's id"]),
            ("a,revenue,1,\"2026-01-01,2026-01-31,u-1", ["line 2, column 4: a quote is not closed"]),
            (
                "a,re\"venue,1,2026-01-01,2026-01-31,u-1",
                ["line 2, column 2: there is a quote in a cell that does not begin with a quote"]
            ),
            (
                "a,\"revenue\"x,1,2026-01-01,2026-01-31,u-1",
                ["line 2, column 2: there is text after the closing quote"]
            ),
            (
                "\"a\nb\",revenue,1,2026-01-01,2026-01-31,u-1\nc,x,0,y,z,",
                [
                    "line 4, column 2 (measure): \"x\" is not revenue or orders",
                    "line 4, column 4 (start): \"y\" is not a date YYYY-MM-DD",
                    "line 4, column 5 (end): \"z\" is not a date YYYY-MM-DD",
                    "line 4, column 6 (assignees): is empty",
                ]
            ),
        ]
    )
    func mistakes(rows: String, expected: [String]) { #expect(mistakes(rows) == expected) }

    @Test(
        "An unusable header line is refused with the reason",
        arguments: [
            ("", "line 1, column 1: the file is empty"),
            ("name;measure;goal\n", "line 1, column 1: the columns are separated by semicolons, not by commas"),
            ("name,measure,goal,start,end\n", "line 1, column 6: the column assignees is missing"),
            ("name,measure,goal,start,end,assignees,goal\n", "line 1, column 7: \"goal\" occurs twice"),
            (
                "name,measure,goal,start,end,assignees,gaol\n",
                "line 1, column 7: \"gaol\" is not a known column: use name, measure, goal, start, end, assignees and, optionally, id"
            ),
        ]
    )
    func headers(text: String, expected: String) {
        #expect(table(text).mistakes.map(\.description) == [expected])
    }

    @Test("An invalid id, a repeated id and a different currency are errors")
    func ids() {
        let text = """
            id,name,measure,goal,start,end,assignees,currency
            T 1,a,revenue,1,2026-01-01,2026-01-31,u-1,EUR
            T-2,a,revenue,1,2026-01-01,2026-01-31,u-1,
            T-2,a,revenue,1,2026-01-01,2026-01-31,u-1,USD
            T-2,b,revenue,1,2026-01-01,2026-01-31,u-1,EUR
            """
        #expect(
            table(text).mistakes.map(\.description) == [
                "line 2, column 1 (id): \"T 1\" is not an id",
                "line 4, column 8 (currency): \"USD\" is not EUR, the reporting currency",
                "line 5, column 1 (id): \"T-2\" occurs twice",
            ]
        )
    }

    @Test("Bytes that are not UTF-8 are an error with line and column")
    func encoding() {
        let bytes = Array((Self.header + "a,revenue,1,2026-01-01,2026-01-31,u-").utf8) + [0xff]
        let table = TargetTable(reading: bytes, currency: .euro)
        #expect(table.mistakes.map(\.description) == ["line 2, column 6: the text is not UTF-8"])
    }

    @Test("Random bytes never crash the reader and give no rows")
    func anything() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("\",\r\n;a1\u{e9}".utf8) + [0xff, 0x00]
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...60, using: &generator)
            let noise = (0..<length).map { _ in alphabet.randomElement(using: &generator)! }
            let table = TargetTable(reading: Array(Self.header.utf8) + noise, currency: .euro)
            #expect(table.rows.isEmpty)
        }
    }

    @Test(
        "A cell is quoted where necessary, and a cell that looks like a formula gets an apostrophe",
        arguments: [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"), ("@sum", "'@sum"), ("+31 6", "'+31 6"), ("-x", "'-x"), ("-12.50", "-12.50"), ("", ""),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""), ("- 1", "'- 1"),
        ]
    )
    func cells(cell: String, expected: String) {
        var writer = CSVWriter()
        writer.row([cell, "z"])
        #expect(writer.bytes == [0xef, 0xbb, 0xbf] + Array("\(expected),z\r\n".utf8))
    }

    @Test(
        "A table is read as spreadsheets leave it",
        arguments: [
            "name,measure,goal,start,end,assignees\r\nQ1,revenue,250000.00,2026-01-01,2026-03-31,u-1;u-2\r\n,,,,,\r\n,,,,,\r\n",
            "name,measure,goal,start,end,assignees,,\r\nQ1,revenue,250000.00,2026-01-01,2026-03-31,u-1;u-2,,\r\n",
            "name,measure,goal,start,end,assignees,,\r\nQ1,revenue,250000.00,2026-01-01,2026-03-31,u-1;u-2\r\n",
            "sep=,\r\nname,measure,goal,start,end,assignees\r\nQ1,revenue,250000.00,2026-01-01,2026-03-31,u-1;u-2\r\n",
            "\u{feff}\"sep=,\"\nname,measure,goal,start,end,assignees\nQ1,revenue,250000.00,2026-01-01,2026-03-31,u-1;u-2",
            "sep=;\nname;measure;goal;start;end;assignees\nQ1;revenue;250000.00;2026-01-01;2026-03-31;\"u-1;u-2\"\n",
            "name,measure,goal,start,end,assignees,id,inYear\nQ1,revenue,250000.00,2026-01-01,2026-03-31,u-1;u-2\n",
            "name,measure,goal,start,end,assignees,inyear\nQ1,REVENUE,250000.00,2026-01-01,2026-03-31,u-1;u-2,TRUE\n",
        ]
    )
    func spreadsheets(text: String) {
        let table = table(text)
        #expect(table.mistakes == [])
        let targets = table.rows.map(\.target)
        #expect(targets.map(\.name) == ["Q1"] && targets.map(\.goal) == [250_000_00])
        #expect(targets.map(\.assignees) == [[id("u-1"), id("u-2")]])
    }

    @Test("A row says whether a target is part of the year, or leaves it open")
    func inYear() {
        let rows = ["true", "FALSE", ""].map { "a,orders,120.0,2026-01-01,2026-01-31,u-1,\($0)\n" }
        let table = table("name,measure,goal,start,end,assignees,inYear\n" + rows.joined())
        #expect(
            table.rows.map(\.inYear) == [true, false, nil] && table.rows.map(\.target.inYear) == [true, false, true]
        )
        #expect(table.rows.map(\.target.goal) == [120, 120, 120])
        let wrong = self.table("name,measure,goal,start,end,assignees,inYear\na,orders,1,2026-01-01,2026-01-31,u-1,x")
        #expect(wrong.mistakes.map(\.description) == ["line 2, column 7 (inyear): \"x\" is not true or false"])
    }

    @Test("Ids that look like formulas can be read back")
    func formulaIDs() {
        var writer = CSVWriter()
        writer.row(["id", "name", "measure", "goal", "start", "end", "assignees"])
        writer.row(["@1", "a", "orders", "1", "2026-01-01", "2026-01-31", "--2ev2;@u"])
        let table = TargetTable(reading: writer.bytes, currency: .euro)
        #expect(table.mistakes.isEmpty)
        #expect(table.rows.map(\.id) == [id("@1")])
        #expect(table.rows.map(\.target.assignees) == [[id("--2ev2"), id("@u")]])
    }

    @Test("A written table can be read back, including names that look like formulas")
    func roundTrip() {
        var writer = CSVWriter()
        writer.row(TargetTable.columns)
        let names = [
            "=1+1", "a \"b\", c", "'quoted'", "'=1+1", "''@sum", "'", " spaces around ", "\ttab\t", " =1+1", " ",
            "a\r\nb",
        ]
        for (number, name) in names.enumerated() {
            writer.row([
                "T-\(number)", name, "revenue", "EUR", "12.00", "2026-01-01", "2026-01-31", "u-1;u-2", "1.00",
                "1",
                "8.3", "1.00", "2.00", "behind", "false", "true",
            ])
        }
        let table = TargetTable(reading: writer.bytes, currency: .euro)
        #expect(table.mistakes.isEmpty)
        #expect(table.rows.map(\.target.name) == names)
    }
}
