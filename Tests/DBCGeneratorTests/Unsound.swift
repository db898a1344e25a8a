// Made from unsound.dbc by `iiotctl dbc generate`. Changes get lost.
// swift-format-ignore-file

import CANCore

/// The messages of unsound.dbc.
enum Unsound {
  /// A frame as the message that it is.
  enum Message: Sendable {
    case double(Double_)
    case overlap(Overlap)
    case outside(Outside)
    case edge(Edge)
    case chosen(Chosen)
    case chooses(Chooses)

    /// Decodes a frame; nil when no message has its identifier, it is a remote or error frame, or too short.
    init?(_ frame: CANFrame) {
      guard frame.flags.isDisjoint(with: [.remote, .error]) else { return nil }
      switch frame.identifier.rawValue {
      case 0x8:
        guard let message = Double_(payload: frame.payload) else { return nil }
        self = .double(message)
      case 0x9:
        guard let message = Overlap(payload: frame.payload) else { return nil }
        self = .overlap(message)
      case 0xa:
        guard let message = Outside(payload: frame.payload) else { return nil }
        self = .outside(message)
      case 0xb:
        guard let message = Edge(payload: frame.payload) else { return nil }
        self = .edge(message)
      case 0xc:
        guard let message = Chosen(payload: frame.payload) else { return nil }
        self = .chosen(message)
      case 0xd:
        guard let message = Chooses(payload: frame.payload) else { return nil }
        self = .chooses(message)
      default:
        return nil
      }
    }
  }

  /// Double: standard identifier 0x008, 4 bytes.
  struct Double_: Equatable, Sendable {
    /// The identifier of its frames.
    static var identifier: CANIdentifier {
      CANIdentifier(truncating: 0x8)
    }

    /// The number of bytes of its payload.
    static var byteCount: Int { 4 }

    /// Self.
    ///
    /// Bits 0|8, Intel, unsigned.
    var self_: Int

    /// Half.
    ///
    /// Bits 8|16, Intel, float.
    var half: Double

    /// Beyond.
    ///
    /// Bits 24|16, Intel, unsigned.
    /// Outside the bytes of its message: nil unless the payload is longer.
    var beyond: Int?

    /// Every signal at its start value, which is raw 0 if the database has none.
    init() {
      self.self_ = 0
      self.half = 0.0
      self.beyond = nil
    }

    /// Decodes a payload; nil when it has less than the 3 bytes that the signals need.
    @inline(__always)
    init?(payload: CANPayload) {
      guard payload.count >= 3 else { return nil }
      let w0 = payload.word(0)
      self.self_ = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 56, 56))
      self.half = GeneratedBits.half(w0, 40, 48)
      if payload.count >= 5 {
        self.beyond = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 24, 48))
      }
    }

    /// Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.
    var payload: CANPayload {
      var w0: UInt64 = 0
      let r0 = GeneratedBits.clamped(Int64(self.self_), 0xff)
      w0 |= r0
      let r1 = UInt64(GeneratedBits.halfBits(GeneratedBits.unscaled(self.half, 1.0, 0.0)))
      w0 |= r1 &<< 8
      return CANPayload(words: [w0, 0, 0, 0, 0, 0, 0, 0], count: 4)
    }
  }

  /// Overlap: standard identifier 0x009, 2 bytes.
  struct Overlap: Equatable, Sendable {
    /// The identifier of its frames.
    static var identifier: CANIdentifier {
      CANIdentifier(truncating: 0x9)
    }

    /// The number of bytes of its payload.
    static var byteCount: Int { 2 }

    /// Whole.
    ///
    /// Bits 0|16, Intel, unsigned.
    var whole: Int

    /// High.
    ///
    /// Bits 15|8, Motorola, unsigned.
    var high: Int

    /// Every signal at its start value, which is raw 0 if the database has none.
    init() {
      self.whole = 0
      self.high = 0
    }

    /// Decodes a payload; nil when it has less than the 2 bytes that the signals need.
    @inline(__always)
    init?(payload: CANPayload) {
      guard payload.count >= 2 else { return nil }
      let w0 = payload.word(0)
      let b0 = w0.byteSwapped
      self.whole = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 48, 48))
      self.high = Int(truncatingIfNeeded: GeneratedBits.bits(b0, 8, 56))
    }

    /// Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.
    var payload: CANPayload {
      var b0: UInt64 = 0
      var w0: UInt64 = 0
      let r0 = GeneratedBits.clamped(Int64(self.whole), 0xffff)
      w0 |= r0
      let r1 = GeneratedBits.clamped(Int64(self.high), 0xff)
      w0 &= 0xffffffffffff00ff
      b0 &= 0xff00ffffffffffff
      b0 |= r1 &<< 48
      return CANPayload(words: [w0 | b0.byteSwapped, 0, 0, 0, 0, 0, 0, 0], count: 2)
    }
  }

  /// Outside: standard identifier 0x00A, 8 bytes.
  struct Outside: Equatable, Sendable {
    /// The identifier of its frames.
    static var identifier: CANIdentifier {
      CANIdentifier(truncating: 0xa)
    }

    /// The number of bytes of its payload.
    static var byteCount: Int { 8 }

    /// Near.
    ///
    /// Bits 0|8, Intel, unsigned.
    var near: Int

    /// BeyondAll.
    ///
    /// Bits 600|8, Intel, unsigned.
    /// Outside the 64 bytes that a frame can have: always nil.
    var beyondAll: Int?

    /// BeyondSwapped.
    ///
    /// Raw times 0.5 plus 0.0. Bits 607|8, Motorola, unsigned.
    /// Outside the 64 bytes that a frame can have: always nil.
    var beyondSwapped: Double?

    /// Every signal at its start value, which is raw 0 if the database has none.
    init() {
      self.near = 0
      self.beyondAll = nil
      self.beyondSwapped = nil
    }

    /// Decodes a payload; nil when it has less than the 1 bytes that the signals need.
    @inline(__always)
    init?(payload: CANPayload) {
      guard payload.count >= 1 else { return nil }
      let w0 = payload.word(0)
      self.near = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 56, 56))
    }

    /// Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.
    var payload: CANPayload {
      var w0: UInt64 = 0
      let r0 = GeneratedBits.clamped(Int64(self.near), 0xff)
      w0 |= r0
      return CANPayload(words: [w0, 0, 0, 0, 0, 0, 0, 0], count: 8)
    }
  }

  /// Edge: standard identifier 0x00B, 64 bytes.
  struct Edge: Equatable, Sendable {
    /// The identifier of its frames.
    static var identifier: CANIdentifier {
      CANIdentifier(truncating: 0xb)
    }

    /// The number of bytes of its payload.
    static var byteCount: Int { 64 }

    /// First.
    ///
    /// Bits 0|8, Intel, unsigned.
    var first: Int

    /// BeyondHalf.
    ///
    /// Bits 508|8, Intel, unsigned.
    /// Outside the 64 bytes that a frame can have: always nil.
    var beyondHalf: Int?

    /// Last.
    ///
    /// Bits 504|4, Intel, unsigned.
    var last: Int

    /// Every signal at its start value, which is raw 0 if the database has none.
    init() {
      self.first = 0
      self.beyondHalf = nil
      self.last = 0
    }

    /// Decodes a payload; nil when it has less than the 64 bytes that the signals need.
    @inline(__always)
    init?(payload: CANPayload) {
      guard payload.count >= 64 else { return nil }
      let w0 = payload.word(0)
      let w7 = payload.word(7)
      self.first = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 56, 56))
      self.last = Int(truncatingIfNeeded: GeneratedBits.bits(w7, 4, 60))
    }

    /// Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.
    var payload: CANPayload {
      var w0: UInt64 = 0
      var w7: UInt64 = 0
      let r0 = GeneratedBits.clamped(Int64(self.first), 0xff)
      w0 |= r0
      let r2 = GeneratedBits.clamped(Int64(self.last), 0xf)
      w7 |= r2 &<< 56
      return CANPayload(words: [w0, 0, 0, 0, 0, 0, 0, w7], count: 64)
    }
  }

  /// Chosen: standard identifier 0x00C, 8 bytes.
  struct Chosen: Equatable, Sendable {
    /// The identifier of its frames.
    static var identifier: CANIdentifier {
      CANIdentifier(truncating: 0xc)
    }

    /// The number of bytes of its payload.
    static var byteCount: Int { 8 }

    /// BeyondChoice.
    ///
    /// Bits 512|8, Intel, unsigned.
    /// Outside the 64 bytes that a frame can have: always nil.
    var beyondChoice: Int?

    /// Under.
    ///
    /// Bits 8|8, Intel, unsigned.
    /// Nil unless BeyondChoice is 1.
    var under: Int?

    /// Every signal at its start value, which is raw 0 if the database has none.
    init() {
      self.beyondChoice = nil
      self.under = nil
    }

    /// Decodes a payload.
    @inline(__always)
    init?(payload: CANPayload) {
    }

    /// Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.
    var payload: CANPayload {
      CANPayload(words: InlineArray(repeating: 0), count: 8)
    }
  }

  /// Chooses: standard identifier 0x00D, 8 bytes.
  struct Chooses: Equatable, Sendable {
    /// The identifier of its frames.
    static var identifier: CANIdentifier {
      CANIdentifier(truncating: 0xd)
    }

    /// The number of bytes of its payload.
    static var byteCount: Int { 8 }

    /// Which.
    ///
    /// Bits 0|8, Intel, unsigned.
    var which: Int

    /// Here.
    ///
    /// Bits 8|8, Intel, unsigned.
    /// Nil unless Which is 1.
    var here: Int?

    /// BeyondToo.
    ///
    /// Bits 800|16, Intel, unsigned.
    /// Nil unless Which is 1.
    /// Outside the 64 bytes that a frame can have: always nil.
    var beyondToo: Int?

    /// BeyondAlone.
    ///
    /// Bits 800|16, Intel, unsigned.
    /// Nil unless Which is 2.
    /// Outside the 64 bytes that a frame can have: always nil.
    var beyondAlone: Int?

    /// Every signal at its start value, which is raw 0 if the database has none.
    init() {
      self.which = 0
      self.here = nil
      self.beyondToo = nil
      self.beyondAlone = nil
    }

    /// Decodes a payload; nil when it has less than the 1 bytes that the signals need.
    @inline(__always)
    init?(payload: CANPayload) {
      guard payload.count >= 1 else { return nil }
      let w0 = payload.word(0)
      self.which = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 56, 56))
      let s0 = GeneratedBits.bits(w0, 56, 56)
      switch s0 {
      case 1:
        if payload.count >= 2 {
          self.here = Int(truncatingIfNeeded: GeneratedBits.bits(w0, 48, 56))
        }
      default: break
      }
    }

    /// Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.
    var payload: CANPayload {
      var w0: UInt64 = 0
      let r0 = GeneratedBits.clamped(Int64(self.which), 0xff)
      w0 |= r0
      switch r0 {
      case 1:
        let r1 = self.here.map { GeneratedBits.clamped(Int64($0), 0xff) } ?? 0
        w0 |= r1 &<< 8
      default: break
      }
      return CANPayload(words: [w0, 0, 0, 0, 0, 0, 0, 0], count: 8)
    }
  }
}

/// Takes bits out of words and puts them back.
private enum GeneratedBits {
  @inline(__always)
  static func bits(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> UInt64 {
    (word &<< left) &>> right
  }

  @inline(__always)
  static func signed(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Int64 {
    Int64(bitPattern: word &<< left) &>> Int64(truncatingIfNeeded: right)
  }

  /// Bits that begin in one word and end in the next: at the lower end, and at the upper end.
  @inline(__always)
  static func joinedUp(_ low: UInt64, _ high: UInt64, _ shift: UInt64) -> UInt64 {
    low &>> shift | high &<< (64 &- shift)
  }

  @inline(__always)
  static func joinedDown(_ first: UInt64, _ second: UInt64, _ shift: UInt64) -> UInt64 {
    first &<< shift | second &>> (64 &- shift)
  }

  @inline(__always)
  static func shortNumber(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(Int32(truncatingIfNeeded: bits(word, left, right)))
  }

  @inline(__always)
  static func number(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(Int64(bitPattern: bits(word, left, right)))
  }

  @inline(__always)
  static func longNumber(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(bits(word, left, right))
  }

  @inline(__always)
  static func shortSignedNumber(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(Int32(truncatingIfNeeded: signed(word, left, right)))
  }

  @inline(__always)
  static func signedNumber(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(signed(word, left, right))
  }

  @inline(__always)
  static func double(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(bitPattern: bits(word, left, right))
  }

  @inline(__always)
  static func float(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits(word, left, right))))
  }

  /// IEEE 754 half; not every processor has the type.
  static func half(_ word: UInt64, _ left: UInt64, _ right: UInt64) -> Double {
    let half = bits(word, left, right)
    let sign: Double = half & 0x8000 == 0 ? 1 : -1
    let fraction = Double(half & 0x3FF)
    let exponent = Int(half >> 10 & 0x1F)
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    if exponent == 31 { return fraction == 0 ? sign * .infinity : Double(signOf: sign, magnitudeOf: .nan) }
    return sign * (fraction + 1024) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
  }

  /// J1939: whether the upper bits are neither all ones ("not available") nor one less ("error").
  @inline(__always)
  static func isAvailable(
    _ word: UInt64, _ left: UInt64, _ right: UInt64, _ count: UInt64
  ) -> Bool {
    (word &<< left) &>> (64 &- count) < (1 &<< count) &- 2
  }

  /// J1939: the number of the group that an identifier is of.
  static func parameterGroup(_ identifier: UInt32) -> UInt32 {
    let number = identifier >> 8 & 0x3FFFF
    return number & 0xFF00 < 0xF000 ? number & 0x3FF00 : number
  }

  @inline(__always)
  static func clamped(_ value: Int64, _ ones: UInt64) -> UInt64 {
    value < 0 ? 0 : min(UInt64(bitPattern: value), ones)
  }

  @inline(__always)
  static func clamped(_ value: Int64, signed count: Int64) -> UInt64 {
    let limit = Int64.max &>> (64 &- count)
    let ones = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- count)
    return UInt64(bitPattern: max(-limit &- 1, min(limit, value))) & ones
  }

  @inline(__always)
  static func unscaled(_ value: Double, _ factor: Double, _ offset: Double) -> Double {
    factor == 0 ? 0 : (value - offset) / factor
  }

  /// The nearest whole number, halves away from zero; as `rounded()`, without the C library that it calls.
  @inline(__always)
  static func nearest(_ number: Double) -> Double {
    guard number.magnitude < 0x1p52 else { return number }
    let whole = Double(Int64(number))
    let rest = number - whole
    return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole
  }

  /// The nearest whole number, halves to even, of one from 0 to 2048.
  static func nearestEven(_ number: Double) -> UInt16 {
    UInt16((number + 0x1p52) - 0x1p52)
  }

  /// The nearest raw number; 0 for what is not a number.
  @inline(__always)
  static func raw(
    _ value: Double, _ factor: Double, _ offset: Double, _ ones: UInt64
  ) -> UInt64 {
    let number = nearest(unscaled(value, factor, offset))
    if !(number > 0) { return 0 }
    return number < 0x1p64 ? min(UInt64(number), ones) : ones
  }

  @inline(__always)
  static func raw(
    _ value: Double, _ factor: Double, _ offset: Double, signed count: Int64
  ) -> UInt64 {
    let number = nearest(unscaled(value, factor, offset))
    let whole = number >= 0x1p63 ? Int64.max : number > -0x1p63 ? Int64(number) : Int64.min
    return clamped(number.isNaN ? 0 : whole, signed: count)
  }

  /// The number that a label is looked up by.
  static func whole(_ value: Double, _ factor: Double, _ offset: Double) -> Int64 {
    let number = nearest(unscaled(value, factor, offset))
    return number.magnitude < 0x1p63 ? Int64(number) : 0
  }

  /// The nearest IEEE 754 half, ties to even.
  static func halfBits(_ value: Double) -> UInt16 {
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    if value.isNaN { return sign | 0x7E00 }
    let magnitude = value.magnitude
    if magnitude >= 65520 { return sign | 0x7C00 }
    if magnitude < 0x1p-14 {
      return sign | nearestEven(magnitude * 0x1p24)
    }
    let exponent = Int(magnitude.exponent)
    let scale = Double(sign: .plus, exponent: 10 - exponent, significand: 1)
    return sign | (UInt16(exponent + 14) << 10 &+ nearestEven(magnitude * scale))
  }
}
