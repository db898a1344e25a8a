/// A unit of measurement by its UCUM code: dimensions, and the factor to the coherent SI unit.
struct Unit: Equatable, Sendable {
  /// Exponents of metre, kilogram, second, ampere, kelvin, candela, mole and radian.
  var dimensions: SIMD8<Int8> = .zero
  /// How many SI units it is; nil where a number in the formula may have converted it.
  var factor: Double? = 1
  /// Whether zero lies elsewhere, as for degrees Celsius and Fahrenheit: a point on a scale, not a difference.
  var isPoint = false
  /// As it was written.
  var code: String

  static let one = Unit(code: "1")

  /// Whether quantities of both can be added as they are.
  func fits(_ other: Unit) -> Bool {
    guard dimensions == other.dimensions else { return false }
    guard let factor, let otherFactor = other.factor else { return true }
    return Swift.abs(factor - otherFactor) <= 1e-12 * Swift.abs(factor)
  }
}

/// Reads UCUM codes: `m3/h`, `kW.h`, `kg/(m.s2)`, `Cel`, `[degF]`, `mA`, `%`, `/min`, `bar{gauge}`.
struct UnitParser {
  private let code: String
  private let letters: [UInt8]
  private var position = 0
  private var depth = 0

  /// The unit with the code; nil if it is no UCUM code, or one of a kind not known here.
  static func parse(_ code: String) -> Unit? {
    guard code.utf8.count <= 64 else { return nil }
    if code.isEmpty { return .one }
    var parser = UnitParser(code)
    guard var unit = parser.term(), parser.position == parser.letters.count else { return nil }
    unit.code = code
    return unit
  }

  private init(_ code: String) {
    self.code = code
    letters = Array(code.utf8)
  }

  private var next: UInt8 { position < letters.count ? letters[position] : 0 }

  /// Factors joined by `.` and `/`; a code may begin with `/`.
  private mutating func term() -> Unit? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 8 else { return nil }
    var result = Unit.one
    var isDivided = false
    if next == UInt8(ascii: "/") {
      isDivided = true
      position += 1
    } else if let first = component() {
      // Alone it may be a point on a scale; a product never is.
      result = first
      switch next {
      case UInt8(ascii: "."): isDivided = false
      case UInt8(ascii: "/"): isDivided = true
      default: return result
      }
      position += 1
    } else {
      return nil
    }
    while true {
      guard let factor = component() else { return nil }
      result = isDivided ? result.divided(by: factor) : result.multiplied(by: factor)
      switch next {
      case UInt8(ascii: "."): isDivided = false
      case UInt8(ascii: "/"): isDivided = true
      default: return result
      }
      position += 1
    }
  }

  private mutating func component() -> Unit? {
    var unit: Unit
    if next == UInt8(ascii: "(") {
      position += 1
      guard let inner = term(), next == UInt8(ascii: ")") else { return nil }
      position += 1
      unit = inner
    } else if CharacterClass.isDigit(next) {
      var value = 0.0
      while CharacterClass.isDigit(next) {
        value = value * 10 + Double(next - 0x30)
        position += 1
      }
      unit = Unit(factor: value, code: "")
    } else if next == UInt8(ascii: "{") {
      unit = .one
    } else {
      guard let atom = symbol() else { return nil }
      unit = atom
    }
    if let exponent = exponent() { unit = unit.raised(to: exponent) }
    return skipAnnotation() ? unit : nil
  }

  /// Text in braces says something about the unit but is no part of it.
  private mutating func skipAnnotation() -> Bool {
    guard next == UInt8(ascii: "{") else { return true }
    while position < letters.count, next != UInt8(ascii: "}") { position += 1 }
    guard next == UInt8(ascii: "}") else { return false }
    position += 1
    return true
  }

  private mutating func exponent() -> Int? {
    let start = position
    var isNegative = false
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") {
      isNegative = next == UInt8(ascii: "-")
      position += 1
    }
    guard CharacterClass.isDigit(next) else {
      position = start
      return nil
    }
    let value = Int(next - 0x30)
    position += 1
    return isNegative ? -value : value
  }

  private mutating func symbol() -> Unit? {
    let start = position
    if next == UInt8(ascii: "[") {
      while position < letters.count, next != UInt8(ascii: "]") { position += 1 }
      position += 1
    } else {
      while CharacterClass.isNameStart(next) || next == UInt8(ascii: "%")
        || next == UInt8(ascii: "'")
        || next == UInt8(ascii: "[")
      {
        if next == UInt8(ascii: "[") {
          while position < letters.count, next != UInt8(ascii: "]") { position += 1 }
        }
        position += 1
      }
    }
    guard position <= letters.count, position > start else { return nil }
    let name = String(decoding: letters[start..<position], as: UTF8.self)
    return UnitTable.unit(name)
  }
}

extension Unit {
  func multiplied(by other: Unit) -> Unit {
    combined(other, sign: 1)
  }

  func divided(by other: Unit) -> Unit {
    combined(other, sign: -1)
  }

  private func combined(_ other: Unit, sign: Int8) -> Unit {
    var result = Unit(code: "")
    result.dimensions = dimensions &+ other.dimensions &* SIMD8(repeating: sign)
    if let factor, let otherFactor = other.factor {
      result.factor = sign > 0 ? factor * otherFactor : factor / otherFactor
    } else {
      result.factor = nil
    }
    return result
  }

  func raised(to exponent: Int) -> Unit {
    var result = Unit.one
    for _ in 0..<Swift.abs(exponent) { result = result.multiplied(by: self) }
    return exponent < 0 ? Unit.one.divided(by: result) : result
  }
}
