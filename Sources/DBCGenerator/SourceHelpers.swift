/// Writes the few functions that generated code is made of. They are private to the file.
enum SourceHelpers {
  static func write(to writer: inout SourceWriter, layouts: [MessageLayout]) {
    guard !layouts.isEmpty else { return }
    writer.line("")
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      writer.line(String(line))
    }
  }

  /// The arithmetic is that of the database's decoder and encoder, step by step.
  private static let text = """
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
    """
}
