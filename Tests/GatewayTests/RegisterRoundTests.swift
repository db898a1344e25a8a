import IndustrialModel
import Modbus
import Testing

@testable import Gateway

@Suite("A round of registers bears the times at which its answers came")
struct RegisterRoundTests {
  @Test("a clock that is set during the round moves no sample on the monotonic clock")
  func clockIsSet() async throws {
    let server = try ModbusServer(port: 0)
    defer { server.close() }
    let tags = TagRegistry()
    let sampler = try RegisterSampler([
      RegisterReading(tag: tags.intern("d/a"), unit: 1, place: .holding(0), type: .uint16)
    ])
    let client = ModbusClient(.tcp("127.0.0.1", port: server.port))
    defer { client.close() }
    let before = MonotonicClock.now()
    let result = try await client.read(sampler.plan)
    var end = WireTime.now()
    // From 1970 to today, as on a machine without a clock of its own, and by an hour back.
    for step in [56 * 31_557_600_000_000_000, -3_600_000_000_000] as [Int64] {
      end.gateway = Timestamp(nanoseconds: end.gateway.nanoseconds &+ step)
      let round = RegisterRound(device: "d", every: 1_000_000_000, result, sampler, at: end)
      var decoder = RegisterDecoder(sampler.readings)
      let moments = decoder.decode(.registers(round), at: end)
      let sample = try #require(moments.samples.first)
      #expect(sample.quality.isGood)
      #expect((before...end.monotonic).contains(sample.monotonicTime))
      let age = end.gateway.nanoseconds - sample.gatewayTime.nanoseconds
      #expect(age == end.monotonic - sample.monotonicTime)
    }
  }
}
