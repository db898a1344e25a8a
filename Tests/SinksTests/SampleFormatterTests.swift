import IndustrialModel
import Sinks
import Testing

@Suite struct SampleFormatterTests {
  let tags = TagRegistry()

  @Test func jsonLineIsTheContract() {
    let sample = reading("unit1/holding/0", .int64(42), sequence: 7)
    #expect(
      text(.jsonl, sample)
        == #"{"time":"2026-01-01T00:00:00.250000000Z","tag":"unit1/holding/0","value":42,"#
        + #""quality":"good","status":"0x00000000","class":"telemetry","seq":7}"# + "\n")
  }

  @Test func jsonKeepsSourceTimeAndSaysWhyAValueIsMissing() {
    var sample = reading("a/b", .none)
    sample.quality = .badTimeout
    sample.sourceTime = Timestamp(nanoseconds: 1)
    sample.sampleClass = .alarm
    #expect(
      text(.jsonl, sample)
        == #"{"time":"2026-01-01T00:00:00.250000000Z","tag":"a/b","value":null,"quality":"bad","#
        + #""status":"0x800A0000","class":"alarm","seq":0,"#
        + #""source_time":"1970-01-01T00:00:00.000000001Z","reason":"timeout"}"# + "\n")
  }

  @Test(arguments: [
    (Value.double(0.1), "0.1"), (.double(-0.0), "-0.0"), (.double(1e300), "1e+300"),
    (.double(.leastNonzeroMagnitude), "5e-324"), (.uint64(.max), "18446744073709551615"),
    (.int64(.min), "-9223372036854775808"), (.bool(true), "true"),
    (.string("a\"\\\n\u{1}\u{7F}é"), #""a\"\\\n\u0001\u007fé""#), (.bytes([0, 255]), "\"00ff\""),
    (.double(.nan), "null"), (.double(-.infinity), "null"), (.none, "null"),
  ])
  func jsonNumbersAreExact(value: Value, expected: String) {
    #expect(text(.jsonl, reading("t/t", value)).contains("\"value\":\(expected),"))
  }

  @Test func notANumberIsNeverAGoodValue() {
    let line = text(.jsonl, reading("t/t", .double(.nan)))
    #expect(line.contains(#""value":null"#) && line.contains(#""reason":"not a number""#))
    #expect(text(.csv, reading("t/t", .double(.nan))).contains("t/t,,good"))
    #expect(text(.influx, reading("t/t", .double(.nan))).hasPrefix("t t.status=2151415808i "))
  }

  @Test(arguments: [
    Quality.good, .goodClamped, .uncertain, .uncertainSubNormal, .bad, .badSensorFailure,
  ])
  func notFiniteIsTheReasonWhateverTheQuality(quality: Quality) {
    for (number, reason) in [(Double.nan, "not a number"), (-Double.infinity, "infinite")] {
      var sample = reading("t/t", .double(number))
      sample.quality = quality
      let line = text(.jsonl, sample)
      #expect(line.contains(#""value":null"#) && line.contains(#""reason":"\#(reason)""#))
      #expect(line.contains(#""status":"\#(quality)""#))
      #expect(text(.csv, sample).hasSuffix(",\(reason)\n"))
    }
  }

  @Test func csvQuotesOnlyWhatNeedsIt() {
    #expect(
      text(.csv, reading("d/a,b", .string("say \"hi\"\n")))
        == "2026-01-01T00:00:00.250000000Z,\"d/a,b\",\"say \"\"hi\"\"\n\",good,0x00000000,"
        + "telemetry,0,,\n")
    let header = SampleFormatter(.csv, tags: tags).header
    #expect(
      String(decoding: header, as: UTF8.self)
        == "time,tag,value,quality,status,class,seq,source_time,reason\n")
  }

  @Test(arguments: [
    (Value.int64(-3), "d x=-3i 1767225600250000000\n"),
    (.uint64(3), "d x=3i 1767225600250000000\n"),
    (.uint64(.max), "d x=18446744073709551615u 1767225600250000000\n"),
    (.double(2), "d x=2.0 1767225600250000000\n"),
    (.bool(false), "d x=false 1767225600250000000\n"),
    (.string("a\"b\\"), "d x=\"a\\\"b\\\\\" 1767225600250000000\n"),
  ])
  func lineProtocolKeepsTypes(value: Value, line: String) {
    #expect(text(.influx, reading("d/x", value)) == line)
  }

  @Test func lineProtocolMarksWhatIsNotGood() {
    var sample = reading("pump 1/flow=a", .double(1.5))
    sample.quality = .uncertainLastUsableValue
    #expect(
      text(.influx, sample)
        == "pump\\ 1 flow\\=a=1.5,flow\\=a.status=1083179008i 1767225600250000000\n")
    sample.quality = .badTimeout
    #expect(text(.influx, sample) == "pump\\ 1 flow\\=a.status=2148139008i 1767225600250000000\n")
  }

  @Test func namesAreLearntWhileItRuns() {
    var formatter = SampleFormatter(.influx, tags: tags)
    var text: [UInt8] = []
    formatter.append(SampleBatch([reading("d/x", .int64(1))]), to: &text)
    formatter.append(SampleBatch([reading("e/y", .int64(2))]), to: &text)
    #expect(String(decoding: text, as: UTF8.self).hasSuffix("e y=2i 1767225600250000000\n"))
  }

  @Test func tableShowsNoControlCharacters() {
    let line = text(.table, reading("d/\u{1B}[2J\u{9B}2J", .string("\u{7}x\u{85}é")))
    #expect(!line.utf8.contains { $0 < 0x20 && $0 != 0x0A })
    #expect(line.contains("d/?[2J?2J") && line.contains("?x?é"))
  }

  private func reading(_ tag: String, _ value: Value, sequence: UInt64 = 0) -> Sample {
    Sample(
      tag: tags.intern(tag), value: value,
      gatewayTime: Timestamp(nanoseconds: 1_767_225_600_250_000_000), monotonicTime: 0,
      sequence: sequence)
  }

  private func text(_ format: SampleFormat, _ sample: Sample) -> String {
    var formatter = SampleFormatter(format, tags: tags)
    var text: [UInt8] = []
    formatter.append(SampleBatch([sample]), to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
