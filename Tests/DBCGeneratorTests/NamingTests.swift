import DBC
import Testing

@testable import DBCGenerator

@Suite struct NamingTests {
  @Test(arguments: [
    ("Engine_RPM", "engineRPM"), ("EngineSpeed", "engineSpeed"), ("RPMLimit", "rpmLimit"),
    ("WHL_SPD_FL", "whlSpdFl"), ("ABS", "abs"), ("speed", "speed"), ("1st", "n1st"),
    ("", "unnamed"), ("__", "unnamed"), ("default", "default_"), ("Self", "self_"),
    ("T_1", "t1"), ("Geschwindigkeit_\u{E4}", "geschwindigkeit"), ("not used!", "notUsed"),
  ])
  func members(name: String, expected: String) {
    #expect(SwiftName.member(name) == expected)
  }

  @Test(arguments: [
    ("Engine_RPM", "EngineRPM"), ("PUMP_STATE", "PumpState"), ("double", "Double_"),
    ("EEC1", "EEC1"), ("message", "Message_"), ("2nd", "N2nd"),
  ])
  func types(name: String, expected: String) {
    #expect(SwiftName.type(name) == expected)
  }

  @Test func aNameIsGivenOnce() {
    var names = NameScope(reserved: ["payload"])
    #expect(names.unique("speed") == "speed")
    #expect(names.unique("speed2") == "speed2")
    #expect(names.unique("speed") == "speed3")
    #expect(names.unique("speed2") == "speed2_2")
  }
}
