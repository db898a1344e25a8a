import DBC

/// A bus made by arithmetic, so that the peers in other languages can make the same one: `Peers/DBC/workload.py`.
enum Workload {
  /// 48 messages of 8 bytes: eight Intel signals, or eight Motorola signals, or a multiplexor and four branches.
  static let text: String = {
    var text = "VERSION \"\"\nBU_: A\n"
    for message in 0..<48 {
      text += "BO_ \(message * 37 + 16) M\(message): 8 A\n"
      for signal in 0..<8 {
        let sign = signal % 2 == 0 ? "+" : "-"
        // cantools takes the scaled value of a multiplexor for its selector: it has no factor here.
        let isSelector = message % 3 == 2 && signal == 0
        let factors = isSelector ? "(1,0)" : "(\(signal + 1).5,-\(signal * 10))"
        let scaling = "\(factors) [0|0] \"\" A\n"
        switch message % 3 {
        case 0:
          text += " SG_ S\(signal) : \(signal * 8)|\(7 - signal % 3)@1\(sign) \(scaling)"
        case 1:
          text += " SG_ S\(signal) : \(signal * 8 + 7)|\(7 - signal % 3)@0\(sign) \(scaling)"
        default:
          let mark = signal == 0 ? "M" : signal < 4 ? "" : "m\(signal - 4)"
          let start = signal < 4 ? signal * 8 : 32
          text +=
            " SG_ S\(signal) \(mark) : \(start)|\(signal == 0 ? 2 : 8)@1\(signal == 0 ? "+" : sign) \(scaling)"
        }
      }
    }
    return text
  }()

  static let frameCount = 16_384

  /// Frames in an order that no branch predictor learns.
  static let frames: CANFrameBatch = {
    var batch = CANFrameBatch()
    batch.reserveCapacity(frameCount)
    var state: UInt64 = 1
    for index in 0..<frameCount {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let message = UInt32(truncatingIfNeeded: state >> 33) % 48
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      batch.append(
        time: Int64(index), identifier: CANIdentifier(truncating: message * 37 + 16),
        dataLengthCode: 8, count: 8, word: state)
    }
    return batch
  }()

  /// The awkward bus: FD, floats, signals over nine bytes, short frames, identifiers that nobody knows.
  static let awkward: (database: String, frames: CANFrameBatch) = {
    let text = """
      VERSION ""
      BU_: A
      BO_ 1 Wide: 64 A
       SG_ W0 : 3|64@1+ (1,0) [0|0] "" A
       SG_ W1 : 500|12@1- (0.5,0) [0|0] "" A
       SG_ W2 : 130|33@0+ (0.25,0) [0|0] "" A
      BO_ 2 Floats: 16 A
       SG_ F0 : 0|32@1- (1,0) [0|0] "" A
       SG_ F1 : 64|64@1- (2,1) [0|0] "" A
      BO_ 2147483651 Nested: 8 A
       SG_ X M : 0|4@1+ (1,0) [0|0] "" A
       SG_ Y m1M : 8|8@1+ (1,0) [0|0] "" A
       SG_ Z m2 : 16|8@1+ (1,0) [0|0] "" A
      SIG_VALTYPE_ 2 F0 : 1;
      SIG_VALTYPE_ 2 F1 : 2;
      SG_MUL_VAL_ 2147483651 Y X 0-7;
      SG_MUL_VAL_ 2147483651 Z Y 0-99, 120-4000;
      """
    var frames: [CANFrame] = []
    for index in 0..<2000 {
      let identifiers: [UInt32] = [1, 2, 0x8000_0003, 0x8000_0004]
      let identifier = CANIdentifier(truncating: identifiers[index % 4])
      let lengths = [64, 16, 8, 8]
      let count = index % 9 == 0 ? lengths[index % 4] / 2 : lengths[index % 4]
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: index &* 31 &+ $0 &* 7) }
      frames.append(
        CANFrame(
          time: Int64(index), identifier: identifier, payload: CANPayload(bytes) ?? CANPayload()))
    }
    return (text, CANFrameBatch(frames))
  }()
}
