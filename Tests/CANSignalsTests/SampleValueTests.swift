import CANSignals
import DBC
import IndustrialModel
import TestSupport
import Testing

/// Samples are what their frames decode to, of numbers of every kind.
@Suite struct SampleValueTests {
  static let text = """
    VERSION ""
    BU_: Drive
    BO_ 291 Status: 8 Drive
     SG_ Speed : 0|16@1- (0.5,-10) [0|0] "1/min" Drive
     SG_ Count : 16|32@1+ (1,0) [0|0] "" Drive
     SG_ Shifted : 48|8@1+ (1,-40) [0|0] "Cel" Drive
    BO_ 2566848512 Wide: 16 Drive
     SG_ Serial : 0|64@1+ (1,0) [0|0] "" Drive
     SG_ Ratio : 64|64@1- (1,0) [0|0] "" Drive
    BO_ 292 Pages: 3 Drive
     SG_ Page M : 0|8@1+ (1,0) [0|0] "" Drive
     SG_ First m0 : 8|8@1+ (1,0) [0|0] "" Drive
     SG_ Second m1 : 8|16@1+ (1,0) [0|0] "" Drive
    BO_ 2364540158 EEC1: 8 Drive
     SG_ EngineSpeed : 24|16@1+ (0.125,0) [0|0] "rpm" Drive
     SG_ Level : 0|8@1+ (1,0) [0|0] "%" Drive
    SIG_VALTYPE_ 2566848512 Ratio : 2;
    BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
    BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
    BA_ "VFrameFormat" BO_ 2364540158 3;
    """

  let database: Database
  let tags = TagRegistry()

  init() throws { database = try Database(parsing: Self.text) }

  func standard(_ value: UInt32) throws -> CANIdentifier {
    try #require(CANIdentifier(standard: value))
  }

  func extended(_ value: UInt32) throws -> CANIdentifier {
    try #require(CANIdentifier(extended: value))
  }

  /// The samples of frames, by the name of their tag.
  func samples(
    _ frames: [CANFrame], _ sampler: inout SignalSampler
  ) -> [(name: String, sample: Sample)] {
    var batch = SampleBatch()
    sampler.append(CANFrameBatch(frames), to: &batch)
    return batch.map { (tags.name(of: $0.tag), $0) }
  }

  @Test func wholeNumbersStayWholeAndTheFramesTimeIsTheSource() throws {
    var sampler = SignalSampler(database, device: "motor-7", tags: tags)
    let frames = [
      CANFrame(
        time: 1_700_000_000_000_000_123, identifier: try standard(291),
        payload: [0xFF, 0xFF, 1, 0, 0, 0x80, 50, 0]),
      CANFrame(
        time: 1_700_000_001_000_000_000, identifier: try extended(0x18FF_0000),
        payload: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F]),
    ]
    #expect(database.message(named: "Wide")?.identifier == frames[1].identifier)
    let found = samples(frames, &sampler)
    #expect(
      Set(found.map(\.name)) == [
        "motor-7/Status.Speed", "motor-7/Status.Count", "motor-7/Status.Shifted",
        "motor-7/Wide.Serial", "motor-7/Wide.Ratio",
      ])
    let values = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.sample) })
    #expect(values["motor-7/Status.Speed"]?.value == .double(-10.5))
    #expect(values["motor-7/Status.Count"]?.value == .int64(0x8000_0001))
    // With an offset it is a physical value.
    #expect(values["motor-7/Status.Shifted"]?.value == .double(10))
    #expect(values["motor-7/Wide.Serial"]?.value == .uint64(.max))
    #expect(values["motor-7/Wide.Ratio"]?.value == .double(1.5))
    for (name, sample) in found {
      #expect(sample.quality == .good && sample.sampleClass == .telemetry)
      let frame = name.contains("Status") ? frames[0] : frames[1]
      #expect(sample.sourceTime == Timestamp(nanoseconds: frame.time))
      #expect(abs(sample.gatewayTime.nanoseconds - Timestamp.now().nanoseconds) < 60_000_000_000)
    }
  }

  @Test func whatIsNotAvailableIsBadAndHasNoValue() throws {
    var sampler = SignalSampler(database, device: "t", tags: tags)
    let whoever = try extended(0x0CF0_0431)
    let found = samples(
      [CANFrame(identifier: whoever, payload: [0xFE, 0, 0, 0xFF, 0xFF, 0, 0, 0])], &sampler)
    let values = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.sample) })
    #expect(values.count == 2)
    #expect(values["t/EEC1.EngineSpeed"]?.value == Value.none)
    #expect(values["t/EEC1.EngineSpeed"]?.quality == .badNoData)
    #expect(values["t/EEC1.Level"]?.value == Value.none)
    #expect(values["t/EEC1.Level"]?.quality == .badSensorFailure)
  }

  /// Random frames: each sample is what decoding the frame by itself gives, in the order of the frames.
  @Test(arguments: [1, 2] as [UInt64])
  func samplesAreWhatFramesDecodeTo(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var sampler = SignalSampler(database, device: "t", tags: tags)
    let decoder = database.decoder()
    for time in 0..<500 as Range<Int64> {
      let message = database.messages[Int.random(in: 0..<4, using: &generator)]
      let bytes = (0..<Int.random(in: 0...message.byteCount, using: &generator)).map { _ in
        UInt8.random(in: .min ... .max, using: &generator)
      }
      let frame = CANFrame(
        time: time, identifier: try #require(message.identifier),
        payload: try #require(CANPayload(bytes)))
      let decoded = decoder.decode(message, frame.payload).signals
      let found = samples([frame], &sampler)
      let good = found.filter { $0.sample.quality == .good }
      let expected = decoded.filter { $0.status == .valid }
      #expect(good.map(\.name).sorted() == expected.map { "t/\(message.name).\($0.name)" }.sorted())
      for signal in expected {
        let sample = try #require(good.first { $0.name.hasSuffix(".\(signal.name)") }).sample
        switch sample.value {
        case .int64(let number): #expect(signal.raw == .integer(number), "seed \(seed)")
        case .uint64(let number): #expect(signal.raw == .unsigned(number), "seed \(seed)")
        case .double(let number):
          #expect(number == signal.value || number.isNaN && signal.value.isNaN, "seed \(seed)")
        default: Issue.record("\(sample.value), seed \(seed)")
        }
        #expect(sample.sourceTime == Timestamp(nanoseconds: time))
      }
    }
  }
}
