import Events
import Testing

@Suite("Settings for decoding events")
struct SettingsTests {
    @Test("An unknown time zone is refused", arguments: ["Europe/Nowhere", "", "Amsterdam", "../../etc/passwd"])
    func timeZone(name: String) {
        #expect(throws: EventError.self) { try EventSettings(timeZone: name) }
    }

    @Test("The date of a vtiger order is createdtime, duedate or a custom field")
    func vtigerDate() {
        #expect(EventSettings.VtigerDate("createdtime") == .created)
        #expect(EventSettings.VtigerDate("duedate") == .field("duedate"))
        #expect(EventSettings.VtigerDate("cf_852") == .field("cf_852"))
        #expect(EventSettings.VtigerDate("modifiedtime") == nil)
        #expect(EventSettings.VtigerDate("") == nil)
    }
}
