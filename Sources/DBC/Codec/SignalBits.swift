/// Turns values of one signal into the bits that stand for them.
struct SignalBits {
  let record: SignalRecord

  init(_ record: SignalRecord) { self.record = record }

  private var bitCount: Int { Int(min(record.bitCount, 64)) }
  private var isSigned: Bool { record.flags.contains(.signed) }
  private var ones: UInt64 { UInt64.max >> UInt64(64 - bitCount) }

  /// The bits of a raw value.
  func bits(_ value: RawValue, _ name: String) throws(DBCError) -> UInt64 {
    if record.valueType == .float { return floatBits(value.double) }
    switch value {
    case .integer(let number):
      if isSigned {
        let limit = Int64.max >> Int64(64 - bitCount)
        if number >= -limit - 1, number <= limit { return UInt64(bitPattern: number) & ones }
      } else if number >= 0, UInt64(number) <= ones {
        return UInt64(number)
      }
    case .unsigned(let number):
      if !isSigned, number <= ones { return number }
    case .float(let number):
      if number.rounded() == number { return try rounded(number, name) }
    }
    throw DBCError(
      .valueOutOfRange,
      "raw value \(value) does not fit the \(bitCount) bits \(isSigned ? "with" : "without") sign "
        + "of signal \(name)")
  }

  /// The bits of a whole physical value: all its digits where the factor is 1, else as of the nearest Double.
  func bits(
    whole value: RawValue, _ name: String, checksRange: Bool, isLabelled: (RawValue) -> Bool
  ) throws(DBCError) -> UInt64 {
    guard record.valueType == .integer, record.factor == 1,
      let offset = Int64(exactly: record.offset), let exact = Self.difference(value, offset)
    else {
      return try bits(
        physical: value.double, name, checksRange: checksRange, isLabelled: isLabelled)
    }
    if checksRange { try checkRange(raw(value.double), value.double, name, isLabelled) }
    return try bits(exact, name)
  }

  private static func difference(_ value: RawValue, _ offset: Int64) -> RawValue? {
    switch value {
    case .integer(let number):
      let (difference, overflow) = number.subtractingReportingOverflow(offset)
      if !overflow { return .integer(difference) }
      return offset < 0 ? RawValue(UInt64(bitPattern: difference)) : nil
    case .unsigned(let number):
      let (difference, overflow) =
        offset >= 0
        ? number.subtractingReportingOverflow(UInt64(offset))
        : number.addingReportingOverflow(offset.magnitude)
      return overflow ? nil : RawValue(difference)
    case .float: return nil
    }
  }

  /// The bits whose physical value is nearest to the given one. What has a label is a value of the signal even outside its
  /// declared range: "not available" often stands there.
  func bits(
    physical value: Double, _ name: String, checksRange: Bool, isLabelled: (RawValue) -> Bool
  ) throws(DBCError) -> UInt64 {
    if record.valueType == .float {
      if checksRange, record.minimum < record.maximum,
        value < record.minimum || value > record.maximum
      {
        throw outside(value, name)
      }
      let bits = floatBits(record.factor == 0 ? 0 : (value - record.offset) / record.factor)
      guard !value.isNaN else {
        throw DBCError(.valueOutOfRange, "signal \(name) can't have the value \(value)")
      }
      if value.isFinite, isInfinite(bits) {
        throw DBCError(
          .valueOutOfRange,
          "\(value) is more than the \(bitCount) bits of signal \(name) can hold: they would be infinite"
        )
      }
      return bits
    }
    guard value.isFinite else {
      throw DBCError(.valueOutOfRange, "signal \(name) can't have the value \(value)")
    }
    let raw = raw(value)
    if checksRange { try checkRange(raw, value, name, isLabelled) }
    guard record.factor != 0 || value == record.offset else {
      throw DBCError(
        .valueOutOfRange,
        "signal \(name) has the factor 0 and always the value \(record.offset)")
    }
    return try rounded(raw, name)
  }

  private func checkRange(
    _ raw: Double, _ value: Double, _ name: String, _ isLabelled: (RawValue) -> Bool
  ) throws(DBCError) {
    guard record.minimum < record.maximum else { return }
    // The limits are rounded in the same way, so that a limit itself is always inside.
    let first = self.raw(record.minimum)
    let last = self.raw(record.maximum)
    if raw < min(first, last) || raw > max(first, last), !isLabelled(RawValue(raw)) {
      throw outside(value, name)
    }
  }

  private func raw(_ value: Double) -> Double {
    record.factor == 0 ? 0 : ((value - record.offset) / record.factor).rounded()
  }

  private func rounded(_ number: Double, _ name: String) throws(DBCError) -> UInt64 {
    if isSigned, let whole = Int64(exactly: number) {
      let limit = Int64.max >> Int64(64 - bitCount)
      if whole >= -limit - 1, whole <= limit { return UInt64(bitPattern: whole) & ones }
    } else if !isSigned, let whole = UInt64(exactly: number), whole <= ones {
      return whole
    }
    throw DBCError(
      .valueOutOfRange,
      "the value of signal \(name) needs raw \(number), which does not fit its \(bitCount) bits "
        + "\(isSigned ? "with" : "without") sign")
  }

  private func outside(_ value: Double, _ name: String) -> DBCError {
    DBCError(
      .valueOutOfRange,
      "\(value) is outside the range of signal \(name), \(record.minimum) to \(record.maximum)")
  }

  private func isInfinite(_ bits: UInt64) -> Bool {
    switch bitCount {
    case 16: bits & 0x7FFF == 0x7C00
    case 32: Float(bitPattern: UInt32(truncatingIfNeeded: bits)).isInfinite
    default: Double(bitPattern: bits).isInfinite
    }
  }

  private func floatBits(_ value: Double) -> UInt64 {
    switch bitCount {
    case 16: UInt64(halfBits(value))
    case 32: UInt64(Float(value).bitPattern)
    default: value.bitPattern
    }
  }
}
