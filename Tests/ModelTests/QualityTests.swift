import IndustrialModel
import Testing

@Suite struct QualityTests {
  @Test func severityComesFromTheTopBits() {
    #expect(Quality.good.isGood && !Quality.good.isBad)
    #expect(Quality.uncertainLastUsableValue.isUncertain)
    #expect(Quality.badTimeout.isBad)
    #expect(Quality(rawValue: 0xC000_0000).isBad)
    #expect("\(Quality.badTimeout.severity)" == "bad")
  }

  @Test func mapsToSparkplugAndClassic() {
    let all: [Quality] = [.goodClamped, .uncertainSubNormal, .badTimeout]
    #expect(all.map(\.sparkplug) == [192, 500, 0])
    #expect(all.map(\.classic) == [0xC0, 0x40, 0x00])
  }

  @Test func printsTheStatusCode() {
    #expect(Quality.good.description == "0x00000000")
    #expect(Quality.badTimeout.description == "0x800A0000")
    #expect(Quality.badTimeout.reason == "timeout")
    #expect(Quality.good.reason == nil)
  }
}
