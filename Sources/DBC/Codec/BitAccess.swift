internal import CDecodeKernels

extension dk_signal {
  /// The bits of the signal, the sign not yet extended. `payload` must hold the window and, for nine-byte signals, the
  /// byte behind it.
  @inline(__always)
  func bits(_ payload: UnsafeRawPointer) -> UInt64 { aligned(payload) &>> UInt64(right) }

  /// The bits of the signal at the upper end of the word.
  @inline(__always)
  func aligned(_ payload: UnsafeRawPointer) -> UInt64 {
    let window = payload.loadUnaligned(fromByteOffset: Int(offset), as: UInt64.self)
    let word = isBigEndian != 0 ? window.bigEndian : window.littleEndian
    if nineBits == 0 { return word &<< UInt64(left) }
    let ninth = UInt64(payload.load(fromByteOffset: Int(offset) &+ 8, as: UInt8.self))
    if isBigEndian != 0 { return word &<< UInt64(left) | ninth &>> UInt64(8 &- left) }
    let joined = word &>> UInt64(left) | ninth &<< UInt64(64 &- left)
    return joined &<< UInt64(right)
  }

  /// The value of the signal, any kind.
  @inline(__always)
  func value(_ payload: UnsafeRawPointer) -> Double {
    number(aligned(payload)) * factor + addend
  }

  /// As `value`, but not a number for what J1939 reserves.
  @inline(__always)
  func availableValue(_ payload: UnsafeRawPointer) -> Double {
    status(aligned(payload)) == .valid ? value(payload) : .nan
  }

  /// What J1939 says by the upper bits of the signal (SAE J1939-71, transmitted signal ranges).
  @inline(__always)
  func status(_ aligned: UInt64) -> SignalStatus {
    if sentinelBits == 0 { return .valid }
    let top = aligned &>> UInt64(64 &- sentinelBits)
    let ones = (1 &<< UInt64(sentinelBits)) &- 1
    if top < ones &- 1 { return .valid }
    return top == ones ? .notAvailable : .error
  }

  @inline(__always)
  private func number(_ aligned: UInt64) -> Double {
    switch Int(kind) {
    case DK_UNSIGNED: Double(Int64(bitPattern: aligned &>> UInt64(right)))
    case DK_SIGNED: Double(Int64(bitPattern: aligned) &>> Int64(right))
    case DK_UNSIGNED64: Double(aligned)
    case DK_FLOAT64: Double(bitPattern: aligned)
    case DK_FLOAT32:
      Double(Float(bitPattern: UInt32(truncatingIfNeeded: aligned &>> UInt64(right))))
    default: double(halfBits: UInt16(truncatingIfNeeded: aligned &>> UInt64(right)))
    }
  }

  /// The raw value of the signal.
  func raw(_ payload: UnsafeRawPointer) -> RawValue {
    let aligned = aligned(payload)
    switch Int(kind) {
    case DK_UNSIGNED, DK_UNSIGNED64: return RawValue(aligned &>> UInt64(right))
    case DK_SIGNED: return .integer(Int64(bitPattern: aligned) &>> Int64(right))
    default: return .float(number(aligned))
    }
  }

  /// Puts bits in place of the signal's own. `payload` as for `bits`.
  @inline(__always)
  func insert(_ bits: UInt64, _ payload: UnsafeMutableRawPointer) {
    let ones = UInt64.max &>> UInt64(right)
    let bits = bits & ones
    let window = payload.loadUnaligned(fromByteOffset: Int(offset), as: UInt64.self)
    var word = isBigEndian != 0 ? window.bigEndian : window.littleEndian
    if nineBits == 0 {
      let shift = UInt64(right &- left)
      word = word & ~(ones &<< shift) | bits &<< shift
    } else {
      let ninth = payload.load(fromByteOffset: Int(offset) &+ 8, as: UInt8.self)
      let extra: UInt8
      if isBigEndian != 0 {
        let shift = 8 &- nineBits
        word = word & ~(ones &>> UInt64(nineBits)) | bits &>> UInt64(nineBits)
        extra =
          ninth & (0xFF &>> nineBits) | UInt8(truncatingIfNeeded: bits) &<< shift
      } else {
        word = word & ~(ones &<< UInt64(left)) | bits &<< UInt64(left)
        extra =
          ninth & (0xFF &<< nineBits) | UInt8(truncatingIfNeeded: bits &>> UInt64(64 &- left))
      }
      payload.storeBytes(of: extra, toByteOffset: Int(offset) &+ 8, as: UInt8.self)
    }
    payload.storeBytes(
      of: isBigEndian != 0 ? word.bigEndian : word.littleEndian, toByteOffset: Int(offset),
      as: UInt64.self)
  }
}

/// The number of an IEEE 754 half; not every processor Swift runs on has the type.
func double(halfBits bits: UInt16) -> Double {
  let sign: Double = bits & 0x8000 == 0 ? 1 : -1
  let fraction = Double(bits & 0x3FF)
  switch Int(bits >> 10 & 0x1F) {
  case 0: return sign * fraction * 0x1p-24
  case 31: return fraction == 0 ? sign * .infinity : Double(signOf: sign, magnitudeOf: .nan)
  case let exponent:
    return sign * (fraction + 1024) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
  }
}

/// The nearest IEEE 754 half, ties to even; numbers too large become infinite.
func halfBits(_ value: Double) -> UInt16 {
  let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
  if value.isNaN { return sign | 0x7E00 }
  let magnitude = value.magnitude
  if magnitude >= 65520 { return sign | 0x7C00 }
  if magnitude < 0x1p-14 { return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven)) }
  let exponent = Int(magnitude.exponent)
  let scaled = (magnitude * Double(sign: .plus, exponent: 10 - exponent, significand: 1))
    .rounded(.toNearestOrEven)
  // A significand that rounds up to 2048 carries into the exponent, as it should.
  return sign | (UInt16(exponent + 14) << 10 &+ UInt16(scaled))
}
